package io.dgrid.edge.ledger;

import io.dgrid.core.money.TokenAmount;

/** One movement: the same amount leaves one account and enters another. */
record Transfer(LedgerAccount from, LedgerAccount to, TokenAmount amount) {
  Transfer {
    if (from == to || amount.isZero()) {
      throw new IllegalArgumentException("a transfer moves something between two accounts");
    }
  }
}
