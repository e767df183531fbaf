package io.dgrid.scheduler.market;

import org.jspecify.annotations.Nullable;

/**
 * An immutable search tree of listings in order of {@link Listing#PLACE}, balanced by random
 * priorities (a treap: R. Seidel, C. Aragon, "Randomized Search Trees", 1996), in which every
 * branch knows the floors of what is below it. Null is the empty tree. Each change copies one path,
 * O(log n) on average.
 *
 * @param all floor of everything here and below
 * @param open floor of what can win now
 * @param busy floor of what could win with a free slot
 */
record Branch(
    Listing listing,
    int priority,
    @Nullable Branch left,
    @Nullable Branch right,
    Floor all,
    @Nullable Floor open,
    @Nullable Floor busy) {

  private record Halves(@Nullable Branch before, @Nullable Branch after) {}

  private static Branch of(
      Listing listing, int priority, @Nullable Branch left, @Nullable Branch right) {
    Floor all = Floor.of(listing);
    Floor open = listing.isOpen() ? all : null;
    Floor busy = listing.isBusy() ? all : null;
    if (left != null) {
      all = all.and(left.all);
      open = Floor.union(open, left.open);
      busy = Floor.union(busy, left.busy);
    }
    if (right != null) {
      all = all.and(right.all);
      open = Floor.union(open, right.open);
      busy = Floor.union(busy, right.busy);
    }
    return new Branch(listing, priority, left, right, all, open, busy);
  }

  /** With this listing, whose place must be free. */
  static Branch with(@Nullable Branch tree, Listing added, int priority) {
    if (tree == null) {
      return of(added, priority, null, null);
    }
    if (priority > tree.priority) {
      Halves halves = split(tree, added);
      return of(added, priority, halves.before(), halves.after());
    }
    return Listing.PLACE.compare(added, tree.listing) < 0
        ? of(tree.listing, tree.priority, with(tree.left, added, priority), tree.right)
        : of(tree.listing, tree.priority, tree.left, with(tree.right, added, priority));
  }

  /** With this listing instead of the one at the same place. */
  static @Nullable Branch replacing(@Nullable Branch tree, Listing newer) {
    if (tree == null) {
      return null;
    }
    int order = Listing.PLACE.compare(newer, tree.listing);
    if (order == 0) {
      return of(newer, tree.priority, tree.left, tree.right);
    }
    return order < 0
        ? of(tree.listing, tree.priority, replacing(tree.left, newer), tree.right)
        : of(tree.listing, tree.priority, tree.left, replacing(tree.right, newer));
  }

  /** Without what stands at the place of this listing. */
  static @Nullable Branch without(@Nullable Branch tree, Listing gone) {
    if (tree == null) {
      return null;
    }
    int order = Listing.PLACE.compare(gone, tree.listing);
    if (order == 0) {
      return joined(tree.left, tree.right);
    }
    return order < 0
        ? of(tree.listing, tree.priority, without(tree.left, gone), tree.right)
        : of(tree.listing, tree.priority, tree.left, without(tree.right, gone));
  }

  private static Halves split(@Nullable Branch tree, Listing at) {
    if (tree == null) {
      return new Halves(null, null);
    }
    if (Listing.PLACE.compare(tree.listing, at) < 0) {
      Halves halves = split(tree.right, at);
      return new Halves(
          of(tree.listing, tree.priority, tree.left, halves.before()), halves.after());
    }
    Halves halves = split(tree.left, at);
    return new Halves(halves.before(), of(tree.listing, tree.priority, halves.after(), tree.right));
  }

  /** Everything of the one stands before everything of the other. */
  private static @Nullable Branch joined(@Nullable Branch before, @Nullable Branch after) {
    if (before == null) {
      return after;
    }
    if (after == null) {
      return before;
    }
    return before.priority > after.priority
        ? of(before.listing, before.priority, before.left, joined(before.right, after))
        : of(after.listing, after.priority, joined(before, after.left), after.right);
  }
}
