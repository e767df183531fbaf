package io.dgrid.edge.limit;

import java.util.function.LongSupplier;

/**
 * Whether a network has more to do than it can at once, told by how long a step takes that is short
 * where nothing else goes on: its usual time of late against its best of late. From that follows
 * how much of it one account may ask for at once beside others: one more while there is room, a
 * quarter less while there is not (additive increase, multiplicative decrease). Thread-safe.
 */
final class Congestion {
  /** The step takes that many times as long as at its best: others notice. */
  private static final double NOTICED = 2.5;

  /** A best time counts for one to two of these. */
  private static final long WINDOW = 30_000_000_000L;

  /** Nanoseconds for a change to show before the next: less helps others at once, more can wait. */
  private static final long LESS_AFTER = 20_000_000L;

  private static final long MORE_AFTER = 100_000_000L;

  private static final double NEWEST = 0.2;

  private final int most;
  private final LongSupplier nanos;
  private int share;
  private double usual;
  private long best = Long.MAX_VALUE;
  private long bestBefore = Long.MAX_VALUE;
  private long windowSince;
  private long changedAt;

  /**
   * @param most that one account may have where there is room
   */
  Congestion(int most, LongSupplier nanos) {
    this.most = most;
    this.nanos = nanos;
    share = most;
    windowSince = nanos.getAsLong();
    changedAt = windowSince;
  }

  /** How many of one account may be under way beside others; at least 1. */
  synchronized int share() {
    return share;
  }

  /** The step took that long, nanoseconds. */
  synchronized void took(long duration) {
    long now = nanos.getAsLong();
    if (now - windowSince > WINDOW) {
      windowSince = now;
      bestBefore = best;
      best = Long.MAX_VALUE;
    }
    best = Math.min(best, duration);
    usual = usual == 0 ? duration : usual + NEWEST * (duration - usual);
    boolean busy = usual > NOTICED * Math.min(best, bestBefore);
    if (now - changedAt < Math.max(busy ? LESS_AFTER : MORE_AFTER, (long) usual)) {
      return;
    }
    changedAt = now;
    share = busy ? Math.max(1, share * 3 / 4) : Math.min(most, share + 1);
  }
}
