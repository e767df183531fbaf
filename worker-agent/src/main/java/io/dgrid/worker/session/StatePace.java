package io.dgrid.worker.session;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * When a worker says anew what is. Each state lists all that runs, so those that are due close
 * together are said as one; but a slot that jobs may wait for is never held back. Pure.
 */
final class StatePace {
  /** Between two states, unless one is urgent. */
  static final Duration PAUSE = Duration.ofMillis(10);

  /** With fewer free slots than this another one is news that jobs may wait for. */
  static final int SLOTS_TO_SPARE = 4;

  private boolean due;
  private boolean urgent;
  private int freeSlots;
  private long lastSaid;

  /** A stream that knows nothing: the first state waits for nothing. */
  void opened() {
    due = true;
    urgent = true;
  }

  /** There is something to say. */
  void due() {
    due = true;
  }

  /** As {@link #due}, when slots may have been taken or freed. */
  void due(int newFreeSlots) {
    due = true;
    urgent |= newFreeSlots > freeSlots && freeSlots < SLOTS_TO_SPARE;
    freeSlots = newFreeSlots;
  }

  /**
   * @param now monotonic, nanoseconds
   * @return nanoseconds until the state is to be said, 0 for now; empty when there is nothing to
   *     say
   */
  OptionalLong dueIn(long now) {
    if (!due) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(urgent ? 0 : Math.max(0, PAUSE.toNanos() - (now - lastSaid)));
  }

  void said(long now) {
    due = false;
    urgent = false;
    lastSaid = now;
  }

  /** When the last one was said. */
  long lastSaid() {
    return lastSaid;
  }
}
