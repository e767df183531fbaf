package io.dgrid.edge.job;

import io.dgrid.edge.Database;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import org.jboss.logging.Logger;

/**
 * Forgets nonces whose statement cannot be used any more, and idempotency keys after their time.
 */
@ApplicationScoped
class ExpiredRows {
  private static final Logger LOG = Logger.getLogger(ExpiredRows.class);

  /** Other edges' clocks may lag behind this one. */
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(10);

  private final Database database;
  private final InstantSource clock;

  ExpiredRows(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  @Scheduled(
      every = "10m",
      delayed = "1m",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> forget() {
    long before = clock.millis() - CLOCK_SKEW.toMillis();
    return forget("used_nonce", before)
        .chain(() -> forget("idempotency_key", before))
        .onFailure()
        .invoke(failure -> LOG.warnf("expired rows stay for now: %s", failure.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  private Uni<Void> forget(String table, long before) {
    return database.inTransaction(
        session ->
            session
                .createNativeQuery("DELETE FROM edge." + table + " WHERE expires_at < :before")
                .setParameter("before", before)
                .executeUpdate()
                .replaceWithVoid());
  }
}
