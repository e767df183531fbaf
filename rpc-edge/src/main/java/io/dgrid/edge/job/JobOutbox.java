package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.proto.job.v1.JobState;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import org.jboss.logging.Logger;

/**
 * Finishes what a crash left between the commit of a job and its record in the log: sends it again
 * (schedulers know a job by its id, so twice is once) or, when its time is over, frees its hold.
 */
@ApplicationScoped
class JobOutbox {
  private static final Logger LOG = Logger.getLogger(JobOutbox.class);
  private static final int BATCH = 100;

  private final JobRepository jobs;
  private final SubmittedPublisher publisher;
  private final InstantSource clock;
  private final Duration patience;
  private final Duration margin;

  JobOutbox(
      JobRepository jobs, SubmittedPublisher publisher, InstantSource clock, EdgeConfig config) {
    this.jobs = jobs;
    this.publisher = publisher;
    this.clock = clock;
    // Younger jobs are still in the hands of the call that accepted them.
    this.patience = config.timeouts().publish().plusSeconds(2);
    this.margin = config.streams().deadlineMargin().multipliedBy(6);
  }

  @Scheduled(
      every = "5s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> sweep() {
    long before = clock.millis() - patience.toMillis();
    return jobs.pending(before, BATCH)
        .onItem()
        .transformToMulti(rows -> Multi.createFrom().iterable(rows))
        .onItem()
        .transformToUniAndConcatenate(this::settle)
        .collect()
        .last()
        .replaceWithVoid()
        .onFailure()
        .invoke(failure -> LOG.warnf("job outbox waits: %s", failure.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  private Uni<Void> settle(JobRow row) {
    JobId job = JobId.fromHex(row.jobId);
    if (clock.millis() > row.deadline + margin.toMillis()) {
      DGridException failure =
          new DGridException(ErrorCode.DEADLINE_EXCEEDED, "the job never reached the log");
      LOG.infof("job %s never reached the log: its hold is freed", job);
      return jobs.end(job, Terminals.failed(job, JobState.JOB_STATE_EXPIRED, failure))
          .replaceWithVoid();
    }
    if (row.record == null || clock.millis() > row.deadline) {
      return Uni.createFrom().voidItem();
    }
    LOG.infof("job %s is sent to the log again", job);
    return publisher
        .publish(ModelId.fromHex(row.modelId).toBytes(), row.record)
        .chain(() -> jobs.markLogged(job));
  }
}
