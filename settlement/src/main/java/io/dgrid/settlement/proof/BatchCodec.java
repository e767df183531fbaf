package io.dgrid.settlement.proof;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.merkle.MerkleTree;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.BatchState;
import io.dgrid.proto.settlement.v1.InclusionProof;
import io.dgrid.settlement.ledger.BatchRecord;
import io.dgrid.transport.codec.Wire;

/** Batches and inclusion proofs as messages. */
final class BatchCodec {
  private BatchCodec() {}

  static Batch toWire(BatchRecord batch) {
    Batch.Builder out =
        Batch.newBuilder()
            .setNumber(batch.number())
            .setReceiptsRoot(Wire.bytes(batch.receiptsRoot()))
            .setDataCommitment(Wire.bytes(batch.dataCommitment()))
            .setReceiptCount(batch.receiptCount())
            .setVoucherCount(batch.voucherCount())
            .setAmount(batch.amount().toString())
            .setState(state(batch))
            .setClosedAt(batch.closedAt());
    batch.transactionHash().map(Wire::bytes).ifPresent(out::setTransactionHash);
    batch
        .inclusion()
        .ifPresent(
            in ->
                out.setBlockNumber(in.blockNumber())
                    .setBlockHash(Wire.bytes(in.blockHash()))
                    .setGasUsed(in.gasUsed())
                    .setPaid(in.paid().toString())
                    .setFee(in.fee().toString()));
    return out.build();
  }

  static InclusionProof toWire(MerkleTree tree, ReceiptHash receipt, int index, Hash root) {
    InclusionProof.Builder out =
        InclusionProof.newBuilder()
            .setReceiptHash(Wire.bytes(receipt))
            .setReceiptsRoot(Wire.bytes(root))
            .setIndex(index);
    tree.proof(index).forEach(sibling -> out.addSiblings(Wire.bytes(sibling)));
    return out.build();
  }

  private static BatchState state(BatchRecord batch) {
    return switch (batch.state()) {
      case CLOSED -> BatchState.BATCH_STATE_CLOSED;
      case SENT -> BatchState.BATCH_STATE_SENT;
      case MINED -> BatchState.BATCH_STATE_MINED;
      case FINAL -> BatchState.BATCH_STATE_FINAL;
      case REJECTED -> BatchState.BATCH_STATE_REJECTED;
    };
  }
}
