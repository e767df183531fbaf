package io.dgrid.scheduler.market;

import io.dgrid.core.money.Price;
import io.dgrid.scheduler.job.WorkerId;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** The offers of one model. Finding the best of n costs about log n, not n. */
final class OrderBook {
  private final SplittableRandom priorities = new SplittableRandom();
  private final Map<WorkerId, Listing> listings = new HashMap<>();
  private @Nullable Branch tree;

  /** Replaces the worker's listing. */
  void put(Listing listing) {
    Listing before = listings.put(listing.standing().worker(), listing);
    if (listing.equals(before)) {
      return;
    }
    if (before != null && Listing.PLACE.compare(before, listing) == 0) {
      tree = Branch.replacing(tree, listing);
      return;
    }
    if (before != null) {
      tree = Branch.without(tree, before);
    }
    tree = Branch.with(tree, listing, priorities.nextInt());
  }

  void remove(WorkerId worker) {
    Listing gone = listings.remove(worker);
    if (gone != null) {
      tree = Branch.without(tree, gone);
    }
  }

  Optional<Listing> find(WorkerId worker) {
    return Optional.ofNullable(listings.get(worker));
  }

  boolean isEmpty() {
    return listings.isEmpty();
  }

  /** Everything, best first, whether it can win or not. */
  Iterator<Listing> all(Ask ask) {
    return Ranking.ofAll(tree, ask);
  }

  /** What can win, best first. */
  Iterator<Listing> open(Ask ask) {
    return Ranking.ofOpen(tree, ask);
  }

  Levels levels() {
    Branch top = tree;
    return top == null
        ? Levels.NONE
        : new Levels(cheapest(top.all()), cheapest(top.open()), cheapest(top.busy()));
  }

  private static Optional<Price> cheapest(@Nullable Floor floor) {
    return Optional.ofNullable(floor).map(Floor::cheapest);
  }
}
