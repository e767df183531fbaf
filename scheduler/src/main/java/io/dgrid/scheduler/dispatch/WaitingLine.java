package io.dgrid.scheduler.dispatch;

import io.dgrid.core.money.Price;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait, in order of arrival, and who of them is first to pay a price: found in O(log n)
 * on average, so that many who pay too little hold up nobody behind them. A treap (R. Seidel, C.
 * Aragon, "Randomized Search Trees", 1996) in which every node knows the best payer below it. Not
 * thread-safe.
 */
final class WaitingLine<T> {
  private final SplittableRandom priorities = new SplittableRandom();
  private @Nullable Node<T> root;

  private static final class Node<T> {
    private final long place;
    private final Price pays;
    private final T who;
    private final int priority;
    private @Nullable Node<T> left;
    private @Nullable Node<T> right;
    private Price most;
    private int size = 1;

    private Node(long place, Price pays, T who, int priority) {
      this.place = place;
      this.pays = pays;
      this.who = who;
      this.priority = priority;
      most = pays;
    }

    private Node<T> updated() {
      most = pays;
      size = 1;
      count(left);
      count(right);
      return this;
    }

    private void count(@Nullable Node<T> child) {
      if (child != null) {
        most = most.compareTo(child.most) >= 0 ? most : child.most;
        size += child.size;
      }
    }
  }

  private record Halves<T>(@Nullable Node<T> before, @Nullable Node<T> after) {}

  /**
   * @param place order of arrival; nobody else's
   * @param pays at most
   */
  void add(long place, Price pays, T who) {
    Halves<T> halves = split(root, place);
    Node<T> added = new Node<>(place, pays, who, priorities.nextInt());
    root = joined(joined(halves.before(), added), halves.after());
  }

  /** False when nobody stands there. */
  boolean remove(long place) {
    Halves<T> halves = split(root, place);
    Halves<T> rest = split(halves.after(), place + 1);
    root = joined(halves.before(), rest.after());
    return rest.before() != null;
  }

  /** The first in line who pays at least this. */
  Optional<T> first(Price asked) {
    Node<T> node = root;
    while (node != null && node.most.compareTo(asked) >= 0) {
      if (node.left != null && node.left.most.compareTo(asked) >= 0) {
        node = node.left;
      } else if (node.pays.compareTo(asked) >= 0) {
        return Optional.of(node.who);
      } else {
        node = node.right;
      }
    }
    return Optional.empty();
  }

  /** How many stand before this place and pay as much; looks at each of them. */
  int ahead(long place, Price pays) {
    return ahead(root, place, pays);
  }

  private static <T> int ahead(@Nullable Node<T> node, long place, Price pays) {
    if (node == null || node.most.compareTo(pays) < 0) {
      return 0;
    }
    int left = ahead(node.left, place, pays);
    if (node.place >= place) {
      return left;
    }
    int own = node.pays.compareTo(pays) >= 0 ? 1 : 0;
    return left + own + ahead(node.right, place, pays);
  }

  int size() {
    return root == null ? 0 : root.size;
  }

  boolean isEmpty() {
    return root == null;
  }

  /** A copy, in order. */
  List<T> all() {
    List<T> all = new ArrayList<>(size());
    collect(root, all);
    return all;
  }

  private static <T> void collect(@Nullable Node<T> node, List<T> all) {
    if (node != null) {
      collect(node.left, all);
      all.add(node.who);
      collect(node.right, all);
    }
  }

  /** Those before the place, and the others. */
  private static <T> Halves<T> split(@Nullable Node<T> node, long place) {
    if (node == null) {
      return new Halves<>(null, null);
    }
    if (node.place < place) {
      Halves<T> halves = split(node.right, place);
      node.right = halves.before();
      return new Halves<>(node.updated(), halves.after());
    }
    Halves<T> halves = split(node.left, place);
    node.left = halves.after();
    return new Halves<>(halves.before(), node.updated());
  }

  /** Everyone of the one stands before everyone of the other. */
  private static <T> @Nullable Node<T> joined(@Nullable Node<T> before, @Nullable Node<T> after) {
    if (before == null) {
      return after;
    }
    if (after == null) {
      return before;
    }
    if (before.priority > after.priority) {
      before.right = joined(before.right, after);
      return before.updated();
    }
    after.left = joined(before, after.left);
    return after.updated();
  }
}
