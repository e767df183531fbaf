package io.dgrid.scheduler.market;

import io.dgrid.core.money.Price;
import java.util.Optional;

/**
 * The maximum prices that the cheapest offers of a model need; empty where there is none.
 *
 * @param any of all offers, those included that cannot win now
 * @param open of those with a free slot
 * @param busy of those that only lack a free slot
 */
public record Levels(Optional<Price> any, Optional<Price> open, Optional<Price> busy) {
  static final Levels NONE = new Levels(Optional.empty(), Optional.empty(), Optional.empty());

  /** Whether waiting for a slot makes sense at this maximum. */
  public boolean isBusyAt(Price maximum) {
    return busy.filter(price -> price.compareTo(maximum) <= 0).isPresent();
  }

  /** Whether there are offers, and each asks more. */
  public boolean isAbove(Price maximum) {
    return any.filter(price -> price.compareTo(maximum) > 0).isPresent();
  }
}
