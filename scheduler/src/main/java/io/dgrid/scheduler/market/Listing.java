package io.dgrid.scheduler.market;

import io.dgrid.core.money.Price;
import java.util.Comparator;
import java.util.Optional;

/**
 * An offer as it stands in a book.
 *
 * @param obstacle why it can win no job now, whatever the job; empty when it can
 */
record Listing(Standing standing, Score score, Price highestPrice, Optional<String> obstacle) {
  static final String NO_FREE_SLOT = "no free slot";

  /** Who of two with the same score wins. */
  static final Comparator<Listing> TIE =
      (one, other) -> {
        int free = Integer.compare(other.standing.freeSlots(), one.standing.freeSlots());
        return free != 0 ? free : one.standing.worker().compareTo(other.standing.worker());
      };

  /** Where it stands in the tree: neighbours have alike shares of input and output price. */
  static final Comparator<Listing> PLACE =
      Comparator.<Listing>comparingDouble(listing -> listing.score().inputShare())
          .thenComparing(listing -> listing.standing().worker());

  static Listing of(Standing standing, Optional<String> obstacle) {
    return new Listing(
        standing,
        Score.of(standing),
        standing.offer().pricing().highest(),
        obstacle.or(() -> standing.freeSlots() < 1 ? Optional.of(NO_FREE_SLOT) : Optional.empty()));
  }

  boolean isOpen() {
    return obstacle.isEmpty();
  }

  /** Only a slot is missing. */
  boolean isBusy() {
    return obstacle.filter(NO_FREE_SLOT::equals).isPresent();
  }
}
