package io.dgrid.edge.market;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What somebody told last. It counts for a while after that, also when no newer word comes, and
 * tells when to ask anew. Thread-safe.
 */
final class LastView<T> {
  private final Duration maxAge;
  private final Duration kept;
  private final InstantSource clock;
  private @Nullable Told<T> last;
  private boolean asking;
  private long askedAt = Long.MIN_VALUE;

  /**
   * @param at Unix milliseconds of the question, so that nothing in it is older
   */
  record Told<T>(T view, long at) {}

  /**
   * @param maxAge from which it is to be asked anew
   * @param kept from which what was told counts no more
   */
  LastView(Duration maxAge, Duration kept, InstantSource clock) {
    this.maxAge = maxAge;
    this.kept = kept;
    this.clock = clock;
  }

  /** Empty when nothing was told for too long. */
  synchronized Optional<Told<T>> get() {
    return Optional.ofNullable(last).filter(told -> age(told.at()) < kept.toMillis());
  }

  /**
   * Whether who calls this is to ask; then nobody else is before the answer, or its absence, is
   * here. One that gave none is not asked again at once either.
   */
  synchronized boolean isToBeAsked() {
    if (asking || (askedAt != Long.MIN_VALUE && age(askedAt) < maxAge.toMillis())) {
      return false;
    }
    asking = true;
    askedAt = clock.millis();
    return true;
  }

  synchronized void told(T view) {
    asking = false;
    last = new Told<>(view, askedAt);
  }

  /** No answer came. */
  synchronized void silent() {
    asking = false;
  }

  private long age(long at) {
    return clock.millis() - at;
  }
}
