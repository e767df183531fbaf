package io.dgrid.edge.job;

import io.dgrid.core.identity.JobId;
import io.dgrid.edge.Database;
import io.dgrid.proto.job.v1.JobEvent;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Tuple;
import java.util.List;

/** Ends that wait to be booked. Times are Unix milliseconds. */
@ApplicationScoped
class UnbookedRepository {

  /** An end that waits; {@code tries} counts the failed ones so far. */
  record Unbooked(JobId job, JobEvent terminal, int tries) {}

  private final Database database;

  UnbookedRepository(Database database) {
    this.database = database;
  }

  /** Keeps an end; of one job only the first, since that is the one that counts. */
  Uni<Void> keep(JobId job, JobEvent terminal, String reason, long now, long nextTry) {
    return database.inTransaction(
        session ->
            session
                .createNativeQuery(
                    "INSERT INTO edge.unbooked_end (job_id, terminal, reason, since, next_try)"
                        + " VALUES (:job, :terminal, :reason, :now, :next) ON CONFLICT DO NOTHING")
                .setParameter("job", job.toString())
                .setParameter("terminal", terminal.toByteArray())
                .setParameter("reason", reason)
                .setParameter("now", now)
                .setParameter("next", nextTry)
                .executeUpdate()
                .replaceWithVoid());
  }

  /** Those whose time has come, oldest first. */
  Uni<List<Unbooked>> due(long now, int limit) {
    return database.inTransaction(
        session ->
            session
                .createNativeQuery(
                    "SELECT job_id, terminal, tries FROM edge.unbooked_end WHERE next_try <= :now"
                        + " ORDER BY next_try LIMIT "
                        + limit,
                    Tuple.class)
                .setParameter("now", now)
                .getResultList()
                .map(rows -> rows.stream().map(UnbookedRepository::unbooked).toList()));
  }

  Uni<Void> failedAgain(JobId job, String reason, long nextTry) {
    return database.inTransaction(
        session ->
            session
                .createNativeQuery(
                    "UPDATE edge.unbooked_end SET tries = tries + 1, reason = :reason,"
                        + " next_try = :next WHERE job_id = :job")
                .setParameter("reason", reason)
                .setParameter("next", nextTry)
                .setParameter("job", job.toString())
                .executeUpdate()
                .replaceWithVoid());
  }

  Uni<Void> remove(JobId job) {
    return database.inTransaction(
        session ->
            session
                .createNativeQuery("DELETE FROM edge.unbooked_end WHERE job_id = :job")
                .setParameter("job", job.toString())
                .executeUpdate()
                .replaceWithVoid());
  }

  Uni<Long> count() {
    return database.inTransaction(
        session ->
            session
                .createNativeQuery("SELECT count(*) FROM edge.unbooked_end", Long.class)
                .getSingleResult());
  }

  private static Unbooked unbooked(Tuple row) {
    return new Unbooked(
        JobId.fromHex(row.get(0, String.class)),
        Terminals.parse(row.get(1, byte[].class)),
        row.get(2, Integer.class));
  }
}
