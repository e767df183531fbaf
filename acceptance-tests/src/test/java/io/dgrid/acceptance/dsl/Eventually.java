package io.dgrid.acceptance.dsl;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Looks again until something is so, for a bounded time. */
final class Eventually {
  private static final Duration POLL = Duration.ofMillis(100);

  /** Longest wait for anything; generous, for the machine may be busy with other things. */
  static final Duration PATIENCE = Duration.ofSeconds(90);

  private Eventually() {}

  /**
   * What the look finds.
   *
   * @throws AssertionError naming what did not come within {@link #PATIENCE}
   */
  static <T> T comes(String what, Supplier<Optional<T>> look) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Optional<T> found = look.get();
      if (found.isPresent()) {
        return found.get();
      }
      if (System.nanoTime() > until) {
        throw new AssertionError("no %s within %d s".formatted(what, PATIENCE.toSeconds()));
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  static void holds(String what, BooleanSupplier look) {
    comes(what, () -> look.getAsBoolean() ? Optional.of(true) : Optional.empty());
  }
}
