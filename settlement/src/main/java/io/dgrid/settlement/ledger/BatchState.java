package io.dgrid.settlement.ledger;

/** Where a batch stands on its way to finality. */
public enum BatchState {
  /** Receipts and vouchers are fixed, bytes are stored. */
  CLOSED,
  /** A transaction is signed and sent. */
  SENT,
  /** In a block that can still vanish. */
  MINED,
  /** In a final block. */
  FINAL,
  /** The contract will never take it; operators must look. */
  REJECTED
}
