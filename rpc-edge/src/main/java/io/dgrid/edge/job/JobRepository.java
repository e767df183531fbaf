package io.dgrid.edge.job;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.edge.Database;
import io.dgrid.edge.account.ChannelRepository;
import io.dgrid.edge.account.SpendingRepository;
import io.dgrid.edge.ledger.LedgerRepository;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.Usage;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/** Accepted jobs and the one transaction that ends them. */
@ApplicationScoped
class JobRepository {
  private final Database database;
  private final LedgerRepository ledger;
  private final SpendingRepository spending;
  private final ChannelRepository channels;
  private final Domain domain;
  private final InstantSource clock;

  JobRepository(
      Database database,
      LedgerRepository ledger,
      SpendingRepository spending,
      ChannelRepository channels,
      Domain domain,
      InstantSource clock) {
    this.database = database;
    this.ledger = ledger;
    this.spending = spending;
    this.channels = channels;
    this.domain = domain;
    this.clock = clock;
  }

  Uni<Optional<JobRow>> find(JobId job) {
    return database.inTransaction(
        session -> session.find(JobRow.class, job.toString()).map(Optional::ofNullable));
  }

  /** The log has it: it need not be sent again. */
  Uni<Void> markLogged(JobId job) {
    return database.inTransaction(
        session ->
            session
                .createNativeQuery(
                    "UPDATE edge.job SET record = NULL,"
                        + " state = CASE WHEN state = 'PENDING' THEN 'QUEUED' ELSE state END"
                        + " WHERE job_id = :job")
                .setParameter("job", job.toString())
                .executeUpdate()
                .replaceWithVoid());
  }

  /** The client was told that it is not accepted: never send it again, let it run out. */
  Uni<Void> abandon(JobId job) {
    return database.inTransaction(
        session ->
            session
                .createNativeQuery("UPDATE edge.job SET record = NULL WHERE job_id = :job")
                .setParameter("job", job.toString())
                .executeUpdate()
                .replaceWithVoid());
  }

  /** An attempt was granted. */
  Uni<Void> markRunning(JobId job, int attempt) {
    return database.inTransaction(
        session ->
            session
                .createNativeQuery(
                    "UPDATE edge.job SET record = NULL, attempts = greatest(attempts, :attempt),"
                        + " state = CASE WHEN finished_at = 0 THEN 'RUNNING' ELSE state END"
                        + " WHERE job_id = :job")
                .setParameter("attempt", attempt)
                .setParameter("job", job.toString())
                .executeUpdate()
                .replaceWithVoid());
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
    return database.inTransaction(
        session ->
            clientOf(session, job)
                .chain(
                    client -> {
                      if (client == null) {
                        return Uni.createFrom().item(Optional.<JobEvent>empty());
                      }
                      // The job is read after the lock, so that it is what it is until the commit.
                      return ledger
                          .lock(session, Address.fromHex(client))
                          .chain(
                              () ->
                                  session.find(
                                      JobRow.class, job.toString(), LockModeType.PESSIMISTIC_WRITE))
                          .chain(row -> endLocked(session, row, terminal));
                    }));
  }

  private static Uni<@Nullable String> clientOf(Mutiny.Session session, JobId job) {
    return session
        .createNativeQuery("SELECT client FROM edge.job WHERE job_id = :job", String.class)
        .setParameter("job", job.toString())
        .getSingleResultOrNull();
  }

  private Uni<Optional<JobEvent>> endLocked(Mutiny.Session session, JobRow row, JobEvent terminal) {
    if (row.finishedAt != 0) {
      return Uni.createFrom().item(Optional.of(Terminals.parse(row.terminal)));
    }
    List<IssuedReceipt> receipts = Terminals.validReceipts(terminal, row, domain);
    TokenAmount charge = charge(receipts);
    TokenAmount rest = new TokenAmount(row.held).minus(charge);
    Address client = Address.fromHex(row.client);
    boolean direct = row.apiKey == null;
    List<Receipt> statements = receipts.stream().map(r -> r.receipt().statement()).toList();
    return ledger
        .close(session, client, JobId.fromHex(row.jobId), new TokenAmount(row.held), charge)
        .chain(
            () ->
                spending.giveBack(
                    session,
                    client,
                    Address.fromHex(row.signer),
                    Optional.ofNullable(row.apiKey),
                    rest))
        .chain(() -> file(session, receipts, direct))
        .invoke(() -> close(row, terminal, charge))
        .chain(session::flush)
        .chain(() -> direct ? Uni.createFrom().voidItem() : channels.confirm(session, statements))
        .replaceWith(Optional.of(terminal));
  }

  private Uni<Void> file(Mutiny.Session session, List<IssuedReceipt> receipts, boolean direct) {
    Uni<Void> filed = Uni.createFrom().voidItem();
    for (IssuedReceipt receipt : receipts) {
      filed = filed.chain(() -> channels.file(session, receipt, direct));
    }
    return filed;
  }

  private void close(JobRow row, JobEvent terminal, TokenAmount charge) {
    Usage usage = Terminals.usage(terminal);
    row.state = Terminals.phase(terminal);
    row.finishedAt = clock.millis();
    row.amount = charge.units();
    row.billedInput = usage.getInputTokens();
    row.billedOutput = usage.getOutputTokens();
    row.record = null;
    row.terminal = terminal.toByteArray();
  }

  /** The sum of the receipts, which {@link Terminals#validReceipts} keeps within the hold. */
  private static TokenAmount charge(List<IssuedReceipt> receipts) {
    return receipts.stream()
        .map(r -> r.receipt().statement().amount())
        .reduce(TokenAmount.ZERO, TokenAmount::plus);
  }
}
