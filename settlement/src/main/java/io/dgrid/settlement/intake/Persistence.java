package io.dgrid.settlement.intake;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * How consumers write: a database that is away stops the flow, it never loses a record or kills the
 * consumer. Kafka keeps what is not committed.
 */
final class Persistence {
  private static final Logger LOG = Logger.getLogger(Persistence.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private Persistence() {}

  static <T> Uni<T> retried(Supplier<Uni<? extends T>> statement) {
    return Uni.createFrom()
        .deferred(statement)
        .ifNoItem()
        .after(TIMEOUT)
        .fail()
        .onFailure()
        .invoke(e -> LOG.warnf("the database refuses, will try again: %s", e))
        .onFailure()
        .retry()
        .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
        .indefinitely();
  }
}
