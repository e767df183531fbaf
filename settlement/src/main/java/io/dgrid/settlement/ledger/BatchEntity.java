package io.dgrid.settlement.ledger;

import io.dgrid.settlement.batch.ClosedBatch;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** A closed batch. Its methods are the only moves between states. */
@Entity
@Table(name = "batch", schema = "settlement")
class BatchEntity {
  @Id long number;

  @Column(name = "receipts_root")
  byte[] receiptsRoot = {};

  @Column(name = "data_commitment")
  byte[] dataCommitment = {};

  @Column(name = "receipt_count")
  int receiptCount;

  @Column(name = "voucher_count")
  int voucherCount;

  BigDecimal amount = BigDecimal.ZERO;

  @Enumerated(EnumType.STRING)
  BatchState state = BatchState.CLOSED;

  @Column(name = "closed_at")
  long closedAt;

  @Column(name = "transaction_hash")
  byte @Nullable [] transactionHash;

  @Column(name = "block_number")
  @Nullable Long blockNumber;

  @Column(name = "block_hash")
  byte @Nullable [] blockHash;

  @Column(name = "gas_used")
  @Nullable Long gasUsed;

  @Nullable BigDecimal paid;
  @Nullable BigDecimal fee;

  BatchEntity() {}

  static BatchEntity closed(long number, ClosedBatch batch, long now) {
    BatchEntity entity = new BatchEntity();
    entity.number = number;
    entity.receiptsRoot = batch.receiptsRoot().toBytes();
    entity.dataCommitment = batch.segment().commitment().toBytes();
    entity.receiptCount = batch.receipts().size();
    entity.voucherCount = batch.vouchers().size();
    entity.amount = new BigDecimal(batch.amount().units());
    entity.closedAt = now;
    return entity;
  }

  /** A transaction for it was signed. A batch the chain already has stays where it is. */
  void sent(byte[] transaction) {
    if (state == BatchState.CLOSED || state == BatchState.SENT) {
      state = BatchState.SENT;
      transactionHash = transaction;
    }
  }

  /** The chain has it, whoever sent it. Seeing the same block twice changes nothing. */
  void mined(Inclusion inclusion) {
    if (state == BatchState.FINAL) {
      return;
    }
    state = BatchState.MINED;
    transactionHash = inclusion.transactionHash().toBytes();
    blockNumber = inclusion.blockNumber();
    blockHash = inclusion.blockHash().toBytes();
    gasUsed = inclusion.gasUsed();
    paid = new BigDecimal(inclusion.paid().units());
    fee = new BigDecimal(inclusion.fee().units());
  }

  /** Its block vanished in a reorganisation. */
  void unmined() {
    if (state == BatchState.MINED) {
      state = BatchState.SENT;
      blockNumber = null;
      blockHash = null;
      gasUsed = null;
      paid = null;
      fee = null;
    }
  }

  void finalised() {
    if (state == BatchState.MINED) {
      state = BatchState.FINAL;
    }
  }

  void rejected() {
    if (state == BatchState.CLOSED || state == BatchState.SENT) {
      state = BatchState.REJECTED;
    }
  }
}
