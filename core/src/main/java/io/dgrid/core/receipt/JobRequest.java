package io.dgrid.core.receipt;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;

/**
 * What a client signs to ask. Times are Unix milliseconds; the price bounds input and output alike.
 */
public record JobRequest(
    Address client,
    ModelId modelId,
    Hash promptHash,
    Hash samplingHash,
    Price maxPrice,
    int maxOutputTokens,
    long nonce,
    long expiry)
    implements Statement {
  private static final Hash TYPE =
      StructType.hashOf(
          "JobRequest(address client,bytes32 modelId,bytes32 promptHash,bytes32 samplingHash,uint128 maxPrice,uint32 maxOutputTokens,uint64 nonce,uint64 expiry)");

  public JobRequest {
    if (maxOutputTokens < 1) {
      throw new IllegalArgumentException("maxOutputTokens must be at least 1");
    }
  }

  /** The same signed request is the same job on every edge. */
  public JobId jobId(Domain domain) {
    return new JobId(digest(domain));
  }

  @Override
  public Hash structHash() {
    return encoder().hash();
  }

  private StructEncoder encoder() {
    return new StructEncoder(TYPE, 8)
        .address(client)
        .word(modelId.hash())
        .word(promptHash)
        .word(samplingHash)
        .uint(maxPrice.unitsPerMillion())
        .uint(maxOutputTokens)
        .uint(nonce)
        .uint(expiry);
  }
}
