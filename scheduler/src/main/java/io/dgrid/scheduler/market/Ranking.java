package io.dgrid.scheduler.market;

import io.dgrid.core.money.Price;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The listings of a tree, best first for one ask, found one by one: a branch is opened only when
 * its floor beats everything that is known. Exact, ties included (best-first branch and bound).
 */
final class Ranking implements Iterator<Listing> {
  private final Ask ask;
  private final Function<Branch, @Nullable Floor> view;
  private final boolean winnersOnly;
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>();

  /**
   * @param branch null: the listing itself
   */
  private record Candidate(double score, Listing first, @Nullable Branch branch)
      implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      if (score != other.score) {
        return score < other.score ? -1 : 1;
      }
      int tie = Listing.TIE.compare(first, other.first);
      // A listing before a branch that can at most equal it.
      return tie != 0 ? tie : Boolean.compare(branch != null, other.branch != null);
    }
  }

  private Ranking(
      @Nullable Branch tree, Ask ask, Function<Branch, @Nullable Floor> view, boolean winnersOnly) {
    this.ask = ask;
    this.view = view;
    this.winnersOnly = winnersOnly;
    consider(tree);
  }

  /** Everything, whether it can win or not. */
  static Ranking ofAll(@Nullable Branch tree, Ask ask) {
    return new Ranking(tree, ask, Branch::all, false);
  }

  /** What can win this ask now. */
  static Ranking ofOpen(@Nullable Branch tree, Ask ask) {
    return new Ranking(tree, ask, Branch::open, true);
  }

  @Override
  public boolean hasNext() {
    settle();
    return !queue.isEmpty();
  }

  @Override
  public Listing next() {
    settle();
    Candidate best = queue.poll();
    if (best == null) {
      throw new NoSuchElementException();
    }
    return best.first();
  }

  /** Opens branches until a listing is on top. */
  private void settle() {
    for (Candidate top = queue.peek(); top != null; top = queue.peek()) {
      Branch branch = top.branch();
      if (branch == null) {
        return;
      }
      queue.poll();
      consider(branch.left());
      consider(branch.right());
      Listing own = branch.listing();
      if (!winnersOnly || (own.isOpen() && isAffordable(own.highestPrice()))) {
        queue.add(new Candidate(own.score().at(ask), own, null));
      }
    }
  }

  private void consider(@Nullable Branch branch) {
    Floor floor = branch == null ? null : view.apply(branch);
    if (floor != null && (!winnersOnly || isAffordable(floor.cheapest()))) {
      queue.add(new Candidate(floor.at(ask), floor.first(), branch));
    }
  }

  private boolean isAffordable(Price price) {
    return price.compareTo(ask.maxPrice()) <= 0;
  }
}
