package io.dgrid.scheduler.market;

/**
 * Keeps a failing worker out of the books for a while: half a second after the first failure, twice
 * as long after each further one up to a minute. Success forgives.
 *
 * @param failures in a row
 * @param openUntil Unix milliseconds
 */
record Breaker(int failures, long openUntil) {
  static final Breaker CLOSED = new Breaker(0, 0);

  private static final long FIRST_MILLIS = 500;
  private static final long LONGEST_MILLIS = 60_000;
  private static final long DISHONEST_MILLIS = 600_000;

  boolean isOpen(long now) {
    return now < openUntil;
  }

  Breaker failed(boolean dishonest, long now) {
    long pause =
        dishonest
            ? DISHONEST_MILLIS
            : Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(failures, 16));
    return new Breaker(failures + 1, Math.max(openUntil, now + pause));
  }

  Breaker served() {
    // A dishonest worker cannot shorten its ban with a result that was already on its way.
    return new Breaker(0, openUntil);
  }
}
