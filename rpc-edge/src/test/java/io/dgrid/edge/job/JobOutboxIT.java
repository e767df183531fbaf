package io.dgrid.edge.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.edge.Database;
import io.dgrid.edge.TestNetwork;
import io.dgrid.edge.ledger.Balances;
import io.dgrid.edge.ledger.BookRepository;
import io.dgrid.edge.ledger.LedgerRepository;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.transport.codec.Wire;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Holds of jobs whose end does not come by itself. */
@QuarkusTest
@QuarkusTestResource(TestNetwork.class)
class JobOutboxIT {
  private static final TokenAmount DEPOSIT = TokenAmount.of(1_000);
  private static final TokenAmount HOLD = TokenAmount.of(300);

  @Inject JobOutbox outbox;
  @Inject JobEventsConsumer events;
  @Inject UnbookedEnds ends;
  @Inject MeterRegistry metrics;
  @Inject JobRepository jobs;
  @Inject LedgerRepository ledger;
  @Inject BookRepository books;
  @Inject Database database;
  @Inject InstantSource clock;

  private final Address client = SigningKey.random().address();
  private final Random random = new Random();

  @Test
  void holdOfAJobWhoseEndNeverCameIsFreedOnceAndOnlyAfterTheLogForgotIt() {
    deposit();
    JobId forgotten = hold(JobPhase.RUNNING, Duration.ofDays(7).plusHours(1));
    JobId late = hold(JobPhase.QUEUED, Duration.ofDays(6));

    run(outbox.forget());
    run(outbox.forget());

    assertThat(balances().held()).isEqualTo(HOLD);
    assertThat(balances().available()).isEqualTo(DEPOSIT.minus(HOLD));
    assertThat(run(jobs.find(forgotten)).orElseThrow().state).isEqualTo(JobPhase.EXPIRED);
    assertThat(run(jobs.find(late)).orElseThrow().state).isEqualTo(JobPhase.QUEUED);

    // The same end twice, and another one after it: the first counts.
    end(late);
    end(late);
    end(forgotten);
    assertThat(balances().held()).isEqualTo(TokenAmount.ZERO);
    assertThat(balances().available()).isEqualTo(DEPOSIT);
  }

  @Test
  void jobThatCannotBeSettledKeepsUpNoOther() {
    deposit();
    // Its hold is in no ledger: closing it fails each time.
    JobId broken = row(JobPhase.QUEUED, Duration.ofDays(9), 2);
    hold(JobPhase.QUEUED, Duration.ofDays(8));

    run(outbox.forget());

    assertThat(balances().held()).isEqualTo(TokenAmount.ZERO);
    assertThat(balances().available()).isEqualTo(DEPOSIT);
    run(
        database.inTransaction(
            session ->
                session
                    .createNativeQuery("DELETE FROM edge.job WHERE job_id = :job")
                    .setParameter("job", broken.toString())
                    .executeUpdate()));
  }

  @Test
  void refusedJobThatTheLogNeverSawIsEndedByTheLogLongBeforeItsDeadline() {
    deposit();
    JobId job = hold(JobPhase.PENDING, Duration.ofHours(-1));

    run(outbox.withdraw(job));
    run(jobs.markRunning(Map.of(job, 1)));
    assertThat(phase(job)).as("until the log is told").isEqualTo(JobPhase.WITHDRAWN);
    run(outbox.tellWithdrawn());

    waitUntilFreed(job);
    assertThat(run(jobs.withdrawn(10))).isEmpty();
  }

  @Test
  void jobThatIsTooLateForTheLogIsWithdrawn() {
    deposit();
    JobId late = hold(JobPhase.PENDING, Duration.ofHours(1));

    run(outbox.sweep());
    assertThat(phase(late)).isIn(JobPhase.WITHDRAWN, JobPhase.QUEUED, JobPhase.CANCELLED);

    waitUntilFreed(late);
  }

  private void waitUntilFreed(JobId job) {
    Instant patience = Instant.now().plusSeconds(30);
    while (phase(job) != JobPhase.CANCELLED && Instant.now().isBefore(patience)) {
      Thread.onSpinWait();
    }
    assertThat(phase(job)).isEqualTo(JobPhase.CANCELLED);
    assertThat(balances().held()).isEqualTo(TokenAmount.ZERO);
    assertThat(balances().available()).isEqualTo(DEPOSIT);
  }

  private JobPhase phase(JobId job) {
    return run(jobs.find(job)).orElseThrow().state;
  }

  @Test
  void endWithoutReceiptsFreesTheHoldAtOnce() {
    deposit();
    JobId job = hold(JobPhase.RUNNING, Duration.ZERO);

    run(events.consume(List.of(failedInTheLog(job))));

    assertThat(balances().held()).isEqualTo(TokenAmount.ZERO);
    assertThat(balances().available()).isEqualTo(DEPOSIT);
    assertThat(run(jobs.find(job)).orElseThrow().state).isEqualTo(JobPhase.FAILED);
  }

  @Test
  void endThatCannotBeBookedIsAlarmedAndBookedWhenItCan() {
    deposit();
    JobId job = row(JobPhase.RUNNING, Duration.ZERO, 1);
    double failedBefore = failedEnds();

    // Its hold is in no ledger: closing it fails.
    run(events.consume(List.of(failedInTheLog(job))));

    assertThat(failedEnds()).isEqualTo(failedBefore + 1);
    assertThat(unbooked()).isEqualTo(1);
    makeDue(job);
    run(ends.reconcile());
    assertThat(failedEnds()).isEqualTo(failedBefore + 2);
    assertThat(unbooked()).isEqualTo(1);

    hold(job);
    run(ends.reconcile());
    assertThat(unbooked()).as("its time has not come").isEqualTo(1);
    makeDue(job);
    run(ends.reconcile());
    assertThat(unbooked()).isZero();
    assertThat(balances().held()).isEqualTo(TokenAmount.ZERO);
    assertThat(balances().available()).isEqualTo(DEPOSIT);
    assertThat(run(jobs.find(job)).orElseThrow().state).isEqualTo(JobPhase.FAILED);
  }

  private byte[] failedInTheLog(JobId job) {
    return JobTransition.newBuilder()
        .setJobId(Wire.bytes(job))
        .setFailed(
            Terminals.failed(
                    job,
                    JobState.JOB_STATE_FAILED,
                    new DGridException(ErrorCode.WORKER_FAILED, "test"))
                .getFailed())
        .build()
        .toByteArray();
  }

  private double failedEnds() {
    return metrics.counter("dgrid.edge.ends.failed").count();
  }

  private double unbooked() {
    return metrics.get("dgrid.edge.ends.unbooked").gauge().value();
  }

  private void makeDue(JobId job) {
    int rows =
        run(
            database.inTransaction(
                session ->
                    session
                        .createNativeQuery(
                            "UPDATE edge.unbooked_end SET next_try = 0 WHERE job_id = :job")
                        .setParameter("job", job.toString())
                        .executeUpdate()));
    assertThat(rows).isEqualTo(1);
  }

  private void end(JobId job) {
    run(
        jobs.end(
            job,
            Terminals.failed(
                job,
                JobState.JOB_STATE_CANCELLED,
                new DGridException(ErrorCode.CANCELLED, "test"))));
  }

  private void deposit() {
    run(
        database.inTransaction(
            session -> ledger.deposit(session, client, "test:" + client, DEPOSIT)));
  }

  private JobId hold(JobPhase phase, Duration overdue) {
    JobId job = row(phase, overdue, 1);
    hold(job);
    return job;
  }

  private void hold(JobId job) {
    run(
        database.inPlainTransaction(
            connection -> books.open(connection, List.of(client), List.of(job)),
            (connection, book) -> {
              book.hold(client, job, HOLD);
              return books.save(connection, book);
            }));
  }

  private JobId row(JobPhase phase, Duration overdue, int holds) {
    JobRow row = new JobRow();
    JobId job = new JobId(new Hash(random.nextLong(), random.nextLong(), 0, 1));
    row.jobId = job.toString();
    row.client = client.toString();
    row.signer = client.toString();
    row.modelId = new Hash(0, 0, 0, 1).toString();
    row.state = phase;
    row.deadline = clock.millis() - overdue.toMillis();
    row.acceptedAt = row.deadline - 1;
    row.held = HOLD.units().multiply(BigInteger.valueOf(holds));
    run(database.inTransaction(session -> session.persist(row)));
    return job;
  }

  private Balances balances() {
    return run(database.inTransaction(session -> ledger.read(session, client)));
  }

  private static <T> T run(Uni<T> work) {
    return work.await().atMost(Duration.ofSeconds(20));
  }
}
