package io.dgrid.worker.session;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Waiting times between attempts to connect: doubling, each drawn from the upper half of its step
 * so that workers of a fallen scheduler do not return together. Not thread-safe.
 */
final class Backoff {
  private final Duration first;
  private final Duration longest;
  private final RandomGenerator random;
  private int failures;

  Backoff(Duration first, Duration longest, RandomGenerator random) {
    this.first = first;
    this.longest = longest;
    this.random = random;
  }

  Duration next() {
    long step = first.toMillis() << Math.min(failures, 20);
    long bound = Math.min(step, longest.toMillis());
    failures++;
    return Duration.ofMillis(bound / 2 + random.nextLong(bound - bound / 2 + 1));
  }

  /** A session was open: the next failure starts from the beginning. */
  void reset() {
    failures = 0;
  }
}
