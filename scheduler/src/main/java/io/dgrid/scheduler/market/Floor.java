package io.dgrid.scheduler.market;

import io.dgrid.core.money.Price;
import org.jspecify.annotations.Nullable;

/**
 * What no listing of a set can be better than: a lower bound that decides whether the set is worth
 * a look.
 *
 * @param score at most the score of each
 * @param first the one that wins all ties of the set
 * @param cheapest smallest highest price of the set
 */
record Floor(Score score, Listing first, Price cheapest) {

  static Floor of(Listing listing) {
    return new Floor(listing.score(), listing, listing.highestPrice());
  }

  /** Of both sets together; null is the floor of the empty set. */
  static @Nullable Floor union(@Nullable Floor one, @Nullable Floor other) {
    if (one == null) {
      return other;
    }
    if (other == null) {
      return one;
    }
    return new Floor(
        one.score.floor(other.score),
        Listing.TIE.compare(one.first, other.first) <= 0 ? one.first : other.first,
        one.cheapest.compareTo(other.cheapest) <= 0 ? one.cheapest : other.cheapest);
  }
}
