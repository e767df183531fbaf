package io.dgrid.edge.job;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.edge.Columns;
import io.dgrid.edge.Database;
import io.dgrid.edge.GroupCommit;
import io.dgrid.edge.GroupCommit.Item;
import io.dgrid.edge.account.AllowanceRepository;
import io.dgrid.edge.account.Allowances;
import io.dgrid.edge.account.ReceiptRepository;
import io.dgrid.edge.ledger.Book;
import io.dgrid.edge.ledger.BookRepository;
import io.dgrid.proto.job.v1.JobEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Accepted jobs and the one transaction that ends them, shared by those that end together. */
@ApplicationScoped
class JobRepository {
  private static final int MOST_ENDS = 128;
  private static final int AT_ONCE = 2;

  private final Database database;
  private final BookRepository books;
  private final AllowanceRepository allowances;
  private final ReceiptRepository receipts;
  private final Domain domain;
  private final SignerCache signers;
  private final InstantSource clock;
  private final GroupCommit<End, Optional<JobEvent>> ends =
      new GroupCommit<>(MOST_ENDS, AT_ONCE, this::endAll);

  /** A job and the event that ends it. */
  record End(JobId job, JobEvent terminal) {}

  JobRepository(
      Database database,
      BookRepository books,
      AllowanceRepository allowances,
      ReceiptRepository receipts,
      Domain domain,
      SignerCache signers,
      InstantSource clock) {
    this.database = database;
    this.books = books;
    this.allowances = allowances;
    this.receipts = receipts;
    this.domain = domain;
    this.signers = signers;
    this.clock = clock;
  }

  Uni<Optional<JobRow>> find(JobId job) {
    return database.inTransaction(
        session -> session.find(JobRow.class, job.toString()).map(Optional::ofNullable));
  }

  /** The log has it: it need not be sent again. */
  Uni<Void> markLogged(Collection<JobId> logged) {
    return markLogged(logged, JobPhase.PENDING);
  }

  /** The log has it that these are withdrawn, and will tell how each ends. */
  Uni<Void> markWithdrawalLogged(Collection<JobId> logged) {
    return markLogged(logged, JobPhase.WITHDRAWN);
  }

  private Uni<Void> markLogged(Collection<JobId> logged, JobPhase from) {
    return database
        .query(
            "UPDATE edge.job SET record = NULL, state = 'QUEUED'"
                + " WHERE job_id = ANY($1) AND state = $2",
            Tuple.of(Columns.texts(logged, JobId::toString), from.name()))
        .replaceWithVoid();
  }

  /** Nobody wants these any more: they are never sent again, and the log is to be told so. */
  Uni<Void> withdraw(Collection<JobId> jobs) {
    return database
        .query(
            "UPDATE edge.job SET record = NULL, state = 'WITHDRAWN'"
                + " WHERE job_id = ANY($1) AND finished_at = 0",
            Tuple.of(Columns.texts(jobs, JobId::toString)))
        .replaceWithVoid();
  }

  /**
   * Attempts were granted.
   *
   * @param attempts the highest of each job
   */
  Uni<Void> markRunning(Map<JobId, Integer> attempts) {
    return database
        .query(
            """
            UPDATE edge.job AS j SET record = NULL, attempts = greatest(j.attempts, v.attempt),
              state = CASE WHEN j.finished_at = 0 AND j.state <> 'WITHDRAWN' THEN 'RUNNING'
                ELSE j.state END
            FROM unnest($1::text[], $2::int[]) AS v (job_id, attempt)
            WHERE j.job_id = v.job_id""",
            Tuple.tuple()
                .addValue(Columns.texts(attempts.keySet(), JobId::toString))
                .addValue(attempts.values().toArray(Integer[]::new)))
        .replaceWithVoid();
  }

  /** Those of the jobs that are known here and have not ended. */
  Uni<Set<JobId>> live(Collection<JobId> jobs) {
    return database
        .query(
            "SELECT job_id FROM edge.job WHERE job_id = ANY($1) AND finished_at = 0",
            Tuple.of(Columns.texts(jobs, JobId::toString)))
        .map(rows -> Set.copyOf(Columns.list(rows, row -> JobId.fromHex(row.getString("job_id")))));
  }

  /** Jobs that are committed here but perhaps not in the log, with the time they were accepted. */
  Uni<List<JobRow>> pending(long acceptedBefore, int limit) {
    return database.inTransaction(
        session ->
            session
                .createQuery(
                    "from JobRow where state = :pending and acceptedAt < :before"
                        + " order by acceptedAt",
                    JobRow.class)
                .setParameter("pending", JobPhase.PENDING)
                .setParameter("before", acceptedBefore)
                .setMaxResults(limit)
                .getResultList());
  }

  /** Jobs of whose withdrawal the log is to be told. */
  Uni<List<JobRow>> withdrawn(int limit) {
    return database.inTransaction(
        session ->
            session
                .createQuery(
                    "from JobRow where state = :withdrawn order by acceptedAt", JobRow.class)
                .setParameter("withdrawn", JobPhase.WITHDRAWN)
                .setMaxResults(limit)
                .getResultList());
  }

  /** Jobs that have not ended, whatever became of them, with a deadline before that time. */
  Uni<List<JobRow>> unended(long deadlineBefore, int limit) {
    return database.inTransaction(
        session ->
            session
                .createQuery(
                    "from JobRow where finishedAt = 0 and deadline < :before order by deadline",
                    JobRow.class)
                .setParameter("before", deadlineBefore)
                .setMaxResults(limit)
                .getResultList());
  }

  /**
   * Ends a job: charges its receipts, frees the rest of the hold, files the receipts and, for jobs
   * of API keys, confirms them. Does nothing for a job that has ended or that is not known here:
   * the first end counts, and a receipt that is not in it is not paid. Schedulers file none after
   * the end they wrote.
   *
   * @return the terminal event that counts; empty when the job is not known
   */
  Uni<Optional<JobEvent>> end(JobId job, JobEvent terminal) {
    return ends.add(new End(job, terminal));
  }

  private Uni<Void> endAll(List<Item<End, Optional<JobEvent>>> items) {
    Set<JobId> jobs = items.stream().map(item -> item.asked().job()).collect(Collectors.toSet());
    return database.inPlainTransaction(
        connection ->
            JobRows.find(connection, jobs)
                .chain(
                    rows -> {
                      // Who, whose and how much never change; whether it has ended may, until the
                      // clients are locked.
                      EndRound round = new EndRound(rows, domain, signers, clock.millis());
                      items.forEach(round::prepare);
                      return round.isEmpty()
                          ? Uni.createFrom().item(Optional.<Under>empty())
                          : books.open(
                              connection,
                              round.clients(),
                              round.jobs(),
                              () -> underLocks(connection, round));
                    }),
        (connection, read) -> read.map(under -> save(connection, under)).orElse(List.of()));
  }

  /** What counts once the clients are locked. */
  private record Under(
      EndRound round,
      Map<String, JobRow> rows,
      Book book,
      Allowances allowed,
      ReceiptRepository.Shelf shelf) {}

  private Uni<Function<Book, Optional<Under>>> underLocks(
      SqlConnection connection, EndRound round) {
    return Uni.combine()
        .all()
        .unis(
            JobRows.find(connection, round.jobs()),
            allowances.read(connection, round.signatories(), round.apiKeys()),
            receipts.read(connection, round.filings()))
        .with(
            (rows, allowed, shelf) ->
                book -> Optional.of(new Under(round, rows, book, allowed, shelf)));
  }

  private List<Uni<RowSet<Row>>> save(SqlConnection connection, Under under) {
    EndRound round = under.round();
    round.decide(under.rows(), under.book(), under.allowed());
    if (round.ended().isEmpty()) {
      return List.of();
    }
    List<Uni<RowSet<Row>>> writes = new ArrayList<>();
    writes.addAll(books.save(connection, under.book()));
    writes.addAll(allowances.save(connection, under.allowed()));
    writes.addAll(receipts.file(connection, round.endedFilings(), under.shelf()));
    writes.add(JobRows.close(connection, round.ended()));
    return writes;
  }
}
