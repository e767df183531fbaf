package io.dgrid.scheduler.market;

import io.dgrid.core.money.Price;
import org.jspecify.annotations.Nullable;

/**
 * What no listing of a set can be better than: a lower bound that decides whether the set is worth
 * a look. The parts of a score are bounded one by one; sums and products of doubles are monotone,
 * rounding included, so the bound holds for every ask.
 *
 * @param perInput at most that of each score
 * @param perOutput at most that of each score
 * @param fixed at most that of each score
 * @param first the one that wins all ties of the set
 * @param cheapest smallest highest price of the set
 */
record Floor(double perInput, double perOutput, double fixed, Listing first, Price cheapest) {

  static Floor of(Listing listing) {
    Score score = listing.score();
    return new Floor(
        score.perInput(), score.perOutput(), score.fixed(), listing, listing.highestPrice());
  }

  /** No score of the set is below; the same sum as {@link Score#at}, in the same order. */
  double at(Ask ask) {
    return perInput * ask.inputTokens() + perOutput * ask.outputTokens() + fixed;
  }

  /** Of both sets together; null is the floor of the empty set. */
  static @Nullable Floor union(@Nullable Floor one, @Nullable Floor other) {
    if (one == null) {
      return other;
    }
    return other == null ? one : one.and(other);
  }

  Floor and(Floor other) {
    return new Floor(
        Math.min(perInput, other.perInput),
        Math.min(perOutput, other.perOutput),
        Math.min(fixed, other.fixed),
        Listing.TIE.compare(first, other.first) <= 0 ? first : other.first,
        cheapest.compareTo(other.cheapest) <= 0 ? cheapest : other.cheapest);
  }
}
