package io.dgrid.settlement.batch;

import java.time.Duration;
import java.time.Instant;

/**
 * When the receipts or vouchers at hand make a call: as soon as they fill one, or when the oldest
 * waits.
 *
 * @param max how many fill a call
 */
public record ClosingRule(int max, Duration maxAge) {
  /** Bounds the memory of one batch: 100 000 receipts are 58 MB. */
  public static final int LIMIT = 100_000;

  public ClosingRule {
    if (max < 1 || max > LIMIT) {
      throw new IllegalArgumentException(
          "dgrid.settlement.batch.max-receipts must be 1 to %d, is %d".formatted(LIMIT, max));
    }
    if (maxAge.isNegative()) {
      throw new IllegalArgumentException("a max-age of dgrid.settlement must not be negative");
    }
  }

  /**
   * Whether what is at hand is closed now.
   *
   * @param open how many there are, at most {@link #max}
   * @param oldestDueSince Unix milliseconds since when the oldest of them is due
   */
  public boolean closes(int open, long oldestDueSince, Instant now) {
    return open >= max || (open > 0 && oldestDueSince <= now.minus(maxAge).toEpochMilli());
  }
}
