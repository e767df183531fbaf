package io.dgrid.edge.limit;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A rate with a burst, as one number: the moment at which everything taken so far would have been
 * paid for (generic cell rate algorithm). Time is monotonic nanoseconds of any origin. Thread-safe
 * and without a lock.
 */
final class TokenBucket {
  private static final long SECOND = 1_000_000_000L;

  private final long interval;
  private final long tolerance;
  private final AtomicLong paidUntil;

  /**
   * @param perSecond tokens that come back each second, at least 1
   * @param burst tokens of a full bucket, at least 1
   * @param now the bucket is full then
   */
  TokenBucket(int perSecond, int burst, long now) {
    if (perSecond < 1 || burst < 1) {
      throw new IllegalArgumentException("rate and burst must be at least 1");
    }
    interval = SECOND / perSecond;
    tolerance = (burst - 1) * interval;
    paidUntil = new AtomicLong(now);
  }

  /** Takes a token; else how long until there is one, and then nothing was taken. */
  long take(long now) {
    while (true) {
      long paid = paidUntil.get();
      long wait = wait(paid, now);
      if (wait > 0) {
        return wait;
      }
      if (paidUntil.compareAndSet(paid, later(paid, now) + interval)) {
        return 0;
      }
    }
  }

  /** How long until there is a token; 0 when there is one. Takes nothing. */
  long peek(long now) {
    return wait(paidUntil.get(), now);
  }

  /** Gives out nothing for a while, and one token then. */
  void close(long now, long nanos) {
    paidUntil.accumulateAndGet(
        now + nanos + tolerance, (paid, wanted) -> paid - wanted > 0 ? paid : wanted);
  }

  /** Whether it is as good as new. */
  boolean isFull(long now) {
    return paidUntil.get() - now <= 0;
  }

  private long wait(long paid, long now) {
    return Math.max(0, later(paid, now) - tolerance - now);
  }

  /** By difference, as monotonic time may be negative and may overflow. */
  private static long later(long a, long b) {
    return a - b > 0 ? a : b;
  }
}
