package io.dgrid.core.receipt;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.sampling.SamplingParameters;
import java.io.ByteArrayOutputStream;

/** Struct hash of the sampling parameters a request fixes. */
public final class SamplingHash {
  private static final Hash TYPE =
      StructType.hashOf(
          "Sampling(uint64 seed,uint32 temperatureMicros,uint32 topPMicros,uint32 topK,bytes32"
              + " stopHash)");

  private SamplingHash() {}

  public static Hash of(SamplingParameters sampling) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    sampling.stops().forEach(stop -> PromptHash.append(joined, stop));
    return new StructEncoder(TYPE, 5)
        .uint(sampling.seed())
        .uint(sampling.temperatureMicros())
        .uint(sampling.topPMicros())
        .uint(sampling.topK())
        .word(Keccak.hash(joined.toByteArray()))
        .hash();
  }
}
