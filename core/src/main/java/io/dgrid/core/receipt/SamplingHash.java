package io.dgrid.core.receipt;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import java.io.ByteArrayOutputStream;
import java.util.List;

/** Struct hash of the sampling parameters a request fixes. */
public final class SamplingHash {
  private static final Hash TYPE =
      StructType.hashOf(
          "Sampling(uint64 seed,uint32 temperatureMicros,uint32 topPMicros,uint32 topK,bytes32"
              + " stopHash)");

  private SamplingHash() {}

  public static Hash of(
      long seed, int temperatureMicros, int topPMicros, int topK, List<String> stops) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    stops.forEach(stop -> PromptHash.append(joined, stop));
    return new StructEncoder(TYPE, 5)
        .uint(seed)
        .uint(temperatureMicros)
        .uint(topPMicros)
        .uint(topK)
        .word(Keccak.hash(joined.toByteArray()))
        .hash();
  }
}
