package io.dgrid.core.receipt;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;

/** A verifier's statement of what it measured. */
public record ScoreReport(ReceiptHash receiptHash, Address verifier, Hash scoresHash, long scoredAt)
    implements Statement {
  private static final Hash TYPE =
      StructType.hashOf(
          "ScoreReport(bytes32 receiptHash,address verifier,bytes32 scoresHash,uint64 scoredAt)");

  @Override
  public Hash structHash() {
    return encoder().hash();
  }

  private StructEncoder encoder() {
    return new StructEncoder(TYPE, 4)
        .word(receiptHash.hash())
        .address(verifier)
        .word(scoresHash)
        .uint(scoredAt);
  }
}
