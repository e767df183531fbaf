package io.dgrid.edge.job;

import io.smallrye.mutiny.Uni;
import java.util.concurrent.atomic.AtomicInteger;

/** How many calls have begun and not yet come to their first answer. Thread-safe. */
final class Underway {
  private final AtomicInteger calls = new AtomicInteger();

  /** The same call, counted from its subscription to its item, failure or cancellation. */
  <T> Uni<T> counted(Uni<T> call) {
    return Uni.createFrom()
        .deferred(
            () -> {
              calls.incrementAndGet();
              return call.onTermination().invoke(calls::decrementAndGet);
            });
  }

  int count() {
    return calls.get();
  }
}
