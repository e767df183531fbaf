package io.dgrid.settlement.batch;

import java.time.Duration;
import java.time.Instant;

/** When the receipts at hand become a batch: as soon as they fill one, or when the oldest waits. */
public record ClosingRule(int maxReceipts, Duration maxAge) {
  /** Bounds the memory of one batch: 100 000 receipts are 58 MB. */
  public static final int LIMIT = 100_000;

  public ClosingRule {
    if (maxReceipts < 1 || maxReceipts > LIMIT) {
      throw new IllegalArgumentException(
          "dgrid.settlement.batch.max-receipts must be 1 to %d, is %d"
              .formatted(LIMIT, maxReceipts));
    }
    if (maxAge.isNegative()) {
      throw new IllegalArgumentException("dgrid.settlement.batch.max-age must not be negative");
    }
  }

  /**
   * Whether the receipts at hand are closed now.
   *
   * @param open how many there are, at most {@link #maxReceipts}
   * @param oldestDueSince Unix milliseconds since when the oldest of them is due
   */
  public boolean closes(int open, long oldestDueSince, Instant now) {
    return open >= maxReceipts || (open > 0 && oldestDueSince <= now.minus(maxAge).toEpochMilli());
  }
}
