package io.dgrid.core.receipt;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.TokenAmount;

/** A node's statement of work for one attempt of a job; see docs/protocol.md for each field. */
public record Receipt(
    JobId jobId,
    int attempt,
    Address client,
    Address node,
    ModelId modelId,
    Hash requestHash,
    Hash responseHash,
    Hash fingerprintRoot,
    int firstPosition,
    int inputTokens,
    int outputTokens,
    TokenAmount amount,
    long startedAt,
    long finishedAt,
    FinishReason finishReason,
    Hash previousReceipt)
    implements Statement {
  private static final Hash TYPE =
      StructType.hashOf(
          "Receipt(bytes32 jobId,uint32 attempt,address client,address node,bytes32 modelId,bytes32 requestHash,bytes32 responseHash,bytes32 fingerprintRoot,uint32 firstPosition,uint32 inputTokens,uint32 outputTokens,uint128 amount,uint64 startedAt,uint64 finishedAt,uint8 finishReason,bytes32 previousReceipt)");

  public Receipt {
    if (attempt < 1 || firstPosition < 0 || inputTokens < 0 || outputTokens < 0) {
      throw new IllegalArgumentException("receipt counts out of bounds");
    }
  }

  public ReceiptHash hash(Domain domain) {
    return new ReceiptHash(digest(domain));
  }

  /** The 16 member words, 512 bytes: how a segment stores it. */
  public byte[] words() {
    return encoder().members();
  }

  @Override
  public Hash structHash() {
    return encoder().hash();
  }

  private StructEncoder encoder() {
    return new StructEncoder(TYPE, 16)
        .word(jobId.hash())
        .uint(attempt)
        .address(client)
        .address(node)
        .word(modelId.hash())
        .word(requestHash)
        .word(responseHash)
        .word(fingerprintRoot)
        .uint(firstPosition)
        .uint(inputTokens)
        .uint(outputTokens)
        .uint(amount.units())
        .uint(startedAt)
        .uint(finishedAt)
        .uint(finishReason.code())
        .word(previousReceipt);
  }
}
