package io.dgrid.worker.receipt;

import java.time.Duration;

/**
 * Bounds of the journal.
 *
 * @param retention how long openings are kept
 * @param maxBytes size of all files at which the oldest go earlier; unacknowledged results stay
 * @param segmentBytes size at which a new file starts
 */
public record JournalLimits(Duration retention, long maxBytes, long segmentBytes) {
  public JournalLimits {
    if (retention.isNegative() || segmentBytes < 1 || maxBytes < segmentBytes) {
      throw new IllegalArgumentException("journal limits out of bounds");
    }
  }
}
