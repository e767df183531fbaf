package io.dgrid.edge.ledger;

/** The accounts a client's money can be in. */
enum LedgerAccount {
  /** The chain's side: what came in is its minus. */
  EXTERNAL,
  /** Free to spend. */
  AVAILABLE,
  /** Worst case of running jobs. */
  HELD,
  /** Charged for finished jobs, not yet taken on chain. */
  CHARGED,
  /** Taken from the escrow by a settled voucher. */
  SETTLED,
  /** About to leave the escrow. */
  WITHDRAWING,
  /** Taken on chain beyond what this ledger had; repaid by the next free money. */
  SHORTFALL
}
