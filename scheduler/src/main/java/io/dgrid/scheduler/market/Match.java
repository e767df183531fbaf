package io.dgrid.scheduler.market;

import io.dgrid.core.receipt.Offer;
import java.util.List;

/**
 * The best offer for an ask.
 *
 * @param losers at most 16 others, best first
 */
public record Match(Standing winner, List<Loser> losers) {

  /** An offer that was considered and not chosen. */
  public record Loser(Offer offer, String reason) {}
}
