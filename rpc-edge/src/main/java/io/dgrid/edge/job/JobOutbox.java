package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.transport.trace.JobSpan;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Finishes what is left between the commit of a job and its record in the log. What a crash left is
 * sent again: schedulers know a job by its id, so twice is once. What was refused, as the log did
 * not answer, or is too late by now, is withdrawn: nobody can know whether the log has it, so the
 * log is told, and its end frees the hold as any other does.
 */
@ApplicationScoped
class JobOutbox {
  private static final Logger LOG = Logger.getLogger(JobOutbox.class);
  private static final int BATCH = 100;

  /** Withdrawals in one round: an outage can leave many. */
  private static final int WITHDRAWALS = 1_000;

  private static final int IN_FLIGHT = 64;

  private final JobRepository jobs;
  private final SubmittedPublisher publisher;
  private final InstantSource clock;
  private final Duration patience;
  private final Duration forgottenAfter;
  private final Queue<JobId> logged = new ConcurrentLinkedQueue<>();
  private final Queue<JobId> refused = new ConcurrentLinkedQueue<>();

  JobOutbox(
      JobRepository jobs, SubmittedPublisher publisher, InstantSource clock, EdgeConfig config) {
    this.jobs = jobs;
    this.publisher = publisher;
    this.clock = clock;
    // Younger jobs are still in the hands of the call that accepted them.
    this.patience = config.timeouts().publish().plusSeconds(2);
    this.forgottenAfter = config.admission().forgottenAfter();
  }

  /**
   * The log has it. That is written down with all others of the same second; when it is lost, the
   * job is sent again, which changes nothing.
   */
  void logged(JobId job) {
    logged.add(job);
  }

  @Scheduled(
      every = "1s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> mark() {
    return markLogged(drained(logged)).chain(() -> withdraw(drained(refused)));
  }

  private Uni<Void> markLogged(List<JobId> marked) {
    return marked.isEmpty()
        ? Uni.createFrom().voidItem()
        : jobs.markLogged(marked)
            .onFailure()
            .invoke(failure -> LOG.warnf("%d jobs are sent to the log again later", marked.size()))
            .onFailure()
            .recoverWithNull();
  }

  /**
   * Its submission is refused, whether the log has it or not. Never fails: while the database does
   * not answer either, it is remembered here.
   */
  Uni<Void> withdraw(JobId job) {
    return withdraw(List.of(job));
  }

  private Uni<Void> withdraw(List<JobId> withdrawn) {
    return withdrawn.isEmpty()
        ? Uni.createFrom().voidItem()
        : jobs.withdraw(withdrawn)
            .onFailure()
            .invoke(failure -> refused.addAll(withdrawn))
            .onFailure()
            .recoverWithNull();
  }

  private static List<JobId> drained(Queue<JobId> queue) {
    List<JobId> drained = new ArrayList<>();
    for (JobId job = queue.poll(); job != null; job = queue.poll()) {
      drained.add(job);
    }
    return drained;
  }

  @Scheduled(
      every = "5s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> sweep() {
    long before = clock.millis() - patience.toMillis();
    return each(jobs.pending(before, BATCH), this::settle);
  }

  /** Once the log has a withdrawal, it is the log that ends the job. */
  @Scheduled(
      every = "2s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> tellWithdrawn() {
    return jobs.withdrawn(WITHDRAWALS)
        .chain(rows -> rows.isEmpty() ? Uni.createFrom().voidItem() : tell(rows))
        .onFailure()
        .invoke(failure -> LOG.warnf("withdrawn jobs wait: %s", failure.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  private Uni<Void> tell(List<JobRow> rows) {
    return Multi.createFrom()
        .iterable(rows)
        .onItem()
        .transformToUni(this::tell)
        .merge(IN_FLIGHT)
        .collect()
        .asList()
        .call(jobs::markWithdrawalLogged)
        .invoke(told -> LOG.infof("%d withdrawn jobs are left to the log", told.size()))
        .replaceWithVoid();
  }

  private Uni<JobId> tell(JobRow row) {
    JobId job = JobId.fromHex(row.jobId);
    return publish(job, row, Withdrawal.of(row).toByteArray()).replaceWith(job);
  }

  /** A job of the log whose end never shows up would hold its client's money for ever. */
  @Scheduled(
      every = "10m",
      delayed = "1m",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> forget() {
    long before = clock.millis() - forgottenAfter.toMillis();
    return each(jobs.unended(before, BATCH), this::giveUp);
  }

  private static Uni<Void> each(Uni<List<JobRow>> found, Function<JobRow, Uni<Void>> settle) {
    return found
        .onItem()
        .transformToMulti(rows -> Multi.createFrom().iterable(rows))
        .onItem()
        .transformToUniAndConcatenate(row -> alone(row, settle))
        .collect()
        .last()
        .replaceWithVoid()
        .onFailure()
        .invoke(failure -> LOG.warnf("job outbox waits: %s", failure.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  /** An outage stops the round; a job that cannot be settled at all keeps up nobody but itself. */
  private static Uni<Void> alone(JobRow row, Function<JobRow, Uni<Void>> settle) {
    return Uni.createFrom()
        .deferred(() -> settle.apply(row))
        .onFailure(failure -> !(failure instanceof DGridException coded && coded.retryable()))
        .recoverWithUni(
            failure -> {
              LOG.errorf(failure, "job %s cannot be settled", row.jobId);
              return Uni.createFrom().voidItem();
            });
  }

  private Uni<Void> giveUp(JobRow row) {
    LOG.errorf("job %s: no end showed up since its deadline, its hold is freed", row.jobId);
    DGridException failure =
        new DGridException(ErrorCode.DEADLINE_EXCEEDED, "the end of the job never showed up");
    return jobs.end(
            JobId.fromHex(row.jobId),
            Terminals.failed(JobId.fromHex(row.jobId), JobState.JOB_STATE_EXPIRED, failure))
        .replaceWithVoid();
  }

  private Uni<Void> settle(JobRow row) {
    JobId job = JobId.fromHex(row.jobId);
    if (row.record == null || clock.millis() > row.deadline) {
      LOG.infof("job %s is too late to be sent to the log: it is withdrawn", job);
      return jobs.withdraw(List.of(job));
    }
    LOG.infof("job %s is sent to the log again", job);
    return publish(job, row, row.record).chain(() -> jobs.markLogged(List.of(job)));
  }

  private Uni<Void> publish(JobId job, JobRow row, byte[] record) {
    return publisher.publish(job, row.key(), record, JobSpan.NONE);
  }
}
