package io.dgrid.edge.ledger;

import java.util.List;

/** What a command does to a client's balances. */
record Posting(Balances after, List<Transfer> transfers) {
  Posting {
    transfers = List.copyOf(transfers);
  }
}
