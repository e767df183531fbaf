package io.dgrid.core.receipt;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;

/** The oracle's word on one receipt; masks and units in docs/protocol.md. */
public record Verdict(
    ReceiptHash receiptHash,
    Address node,
    Address verifier,
    VerdictResult result,
    int testsRun,
    int testsFailed,
    int tokens,
    int logprobDistance,
    int redrawMismatches,
    long decidedAt)
    implements Statement {
  private static final Hash TYPE =
      StructType.hashOf(
          "Verdict(bytes32 receiptHash,address node,address verifier,uint8 result,uint8 testsRun,uint8 testsFailed,uint32 tokens,uint32 logprobDistance,uint32 redrawMismatches,uint64 decidedAt)");

  public static final int T1 = 1;
  public static final int T2 = 2;
  public static final int T3 = 4;
  public static final int T4 = 8;

  @Override
  public Hash structHash() {
    return encoder().hash();
  }

  private StructEncoder encoder() {
    return new StructEncoder(TYPE, 10)
        .word(receiptHash.hash())
        .address(node)
        .address(verifier)
        .uint(result.code())
        .uint(testsRun)
        .uint(testsFailed)
        .uint(tokens)
        .uint(logprobDistance)
        .uint(redrawMismatches)
        .uint(decidedAt);
  }
}
