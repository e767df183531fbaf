package io.dgrid.scheduler.market;

import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.Offer;
import java.util.List;

/** Answer of the market to an ask. */
public sealed interface Match {
  /** An offer that was considered and not chosen. */
  record Loser(Offer offer, String reason) {}

  /** The best offer, and at most 16 others, best first. */
  record Won(Standing winner, List<Loser> losers) implements Match {}

  /** Fitting offers exist, and every slot behind them is taken: worth waiting for. */
  record Busy() implements Match {}

  /** Offers exist, but all ask more; the cheapest would need this maximum. */
  record PriceTooLow(Price cheapest) implements Match {}

  /** Nobody who may serve offers the model now. */
  record NoOffers() implements Match {}
}
