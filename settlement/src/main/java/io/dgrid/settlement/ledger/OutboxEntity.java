package io.dgrid.settlement.ledger;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** A call that must reach the chain, with the newest transaction signed for it. */
@Entity
@Table(name = "outbox", schema = "settlement")
class OutboxEntity {
  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  @Nullable Long id;

  @Column(name = "chain_id")
  long chainId;

  byte[] sender = {};
  @Nullable Long nonce;

  /** Absent for a call that carries vouchers alone. */
  @Column(name = "batch_number")
  @Nullable Long batchNumber;

  @Column(name = "raw_transaction")
  byte @Nullable [] rawTransaction;

  @Column(name = "transaction_hash")
  byte @Nullable [] transactionHash;

  @Column(name = "max_fee")
  @Nullable BigDecimal maxFee;

  @Column(name = "max_priority_fee")
  @Nullable BigDecimal maxPriorityFee;

  @Column(name = "signed_at")
  @Nullable Long signedAt;

  @Column(name = "broadcast_at")
  @Nullable Long broadcastAt;

  /** Where the chain has it. */
  @Column(name = "block_number")
  @Nullable Long blockNumber;

  @Column(name = "block_hash")
  byte @Nullable [] blockHash;

  boolean done;
  @Nullable String failure;

  OutboxEntity() {}

  void signed(SignedCall call) {
    nonce = call.nonce();
    rawTransaction = call.raw();
    transactionHash = call.hash().toBytes();
    maxFee = new BigDecimal(call.maxFee());
    maxPriorityFee = new BigDecimal(call.maxPriorityFee());
    signedAt = call.signedAt();
    broadcastAt = null;
    failure = null;
  }

  /** Nobody sends it any more. */
  void ended(String why) {
    failure = why;
    done = true;
  }

  /** Somebody else used its nonce, or its transaction failed: the next look signs afresh. */
  void unsigned(String why) {
    nonce = null;
    rawTransaction = null;
    transactionHash = null;
    maxFee = null;
    maxPriorityFee = null;
    signedAt = null;
    broadcastAt = null;
    failure = why;
  }
}
