package io.dgrid.transport.codec;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.receipt.SamplingHash;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.proto.job.v1.Sampling;

/** Sampling parameters and the hash that a request signs. */
public final class SamplingCodec {
  private SamplingCodec() {}

  public static SamplingParameters fromWire(Sampling sampling) {
    return Wire.build(
        "sampling",
        () ->
            new SamplingParameters(
                sampling.getSeed(),
                Wire.count(sampling.getTemperatureMicros(), "sampling.temperature_micros"),
                Wire.count(sampling.getTopPMicros(), "sampling.top_p_micros"),
                Wire.count(sampling.getTopK(), "sampling.top_k"),
                sampling.getStopsList()));
  }

  public static Sampling toWire(SamplingParameters sampling) {
    return Sampling.newBuilder()
        .setSeed(sampling.seed())
        .setTemperatureMicros(sampling.temperatureMicros())
        .setTopPMicros(sampling.topPMicros())
        .setTopK(sampling.topK())
        .addAllStops(sampling.stops())
        .build();
  }

  public static Hash hash(Sampling sampling) {
    return SamplingHash.of(fromWire(sampling));
  }
}
