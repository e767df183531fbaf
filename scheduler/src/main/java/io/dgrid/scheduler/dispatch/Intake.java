package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.job.Command;
import io.dgrid.scheduler.job.JobSpec;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.trace.JobTracer;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * How jobs come from the log: once each, in the state that the log tells of them, or not at all.
 * The owner's thread only.
 */
final class Intake {
  private static final Logger LOG = Logger.getLogger(Intake.class);

  private final Partitions partitions;
  private final InstantSource clock;
  private final SchedulerConfig config;
  private final JobLog log;
  private final SchedulerMetrics metrics;
  private final JobTracer tracer;
  private final Jobs jobs;
  private long arrivals;

  /** The jobs that are here. */
  interface Jobs {
    Optional<LiveJob> find(JobId id);

    void admit(LiveJob job);

    void handle(LiveJob job, Command command);
  }

  Intake(
      Partitions partitions,
      InstantSource clock,
      SchedulerConfig config,
      JobLog log,
      SchedulerMetrics metrics,
      JobTracer tracer,
      Jobs jobs) {
    this.partitions = partitions;
    this.clock = clock;
    this.config = config;
    this.log = log;
    this.metrics = metrics;
    this.tracer = tracer;
    this.jobs = jobs;
  }

  /** A repeated record changes nothing, nor does one of a partition that is not owned. */
  void submitted(int partition, long offset, SubmittedJob record) {
    Optional<Partitions.Owned> owned = partitions.find(partition);
    if (owned.isEmpty()) {
      return;
    }
    if (record.getWithdrawn()) {
      withdrawn(owned.get(), partition, offset, record);
      return;
    }
    JobSpec spec;
    try {
      spec = JobCodec.fromWire(record);
    } catch (DGridException malformed) {
      refuse(owned.get(), partition, offset, record, malformed);
      return;
    }
    History history = owned.get().history();
    if (history.isFinished(spec.id())) {
      log.settled(partition, offset);
      return;
    }
    Optional<LiveJob> here = jobs.find(spec.id());
    if (here.isPresent()) {
      // The record itself is settled with its job, a copy of it at once.
      if (here.get().partition() != partition || here.get().offset() != offset) {
        log.settled(partition, offset);
      }
      return;
    }
    JobState state =
        history.restore(
            spec, config.relay().initialWindow(), clock.millis(), owned.get().reportBy());
    JobTrace trace = new JobTrace(tracer, spec, record.getTraceparent());
    jobs.admit(new LiveJob(record, spec, trace, state, partition, offset, ++arrivals));
  }

  /** Ends a job that cannot even be read, so that nothing stays held for it. */
  private void refuse(
      Partitions.Owned owned,
      int partition,
      long offset,
      SubmittedJob record,
      DGridException malformed) {
    LOG.warnf("submission %d-%d is malformed: %s", partition, offset, malformed.getMessage());
    metrics.rejected("submission");
    endUnseen(owned, partition, offset, JobCodec.refused(record, malformed, clock.millis()));
  }

  /** Its edge could not tell whether it is in the log, so the log tells how it ends. */
  private void withdrawn(
      Partitions.Owned owned, int partition, long offset, SubmittedJob withdrawal) {
    Optional<JobTransition> end = JobCodec.withdrawn(withdrawal, clock.millis());
    Optional<LiveJob> here = end.map(e -> Wire.jobId(e.getJobId())).flatMap(jobs::find);
    if (here.isEmpty()) {
      endUnseen(owned, partition, offset, end);
      return;
    }
    jobs.handle(here.get(), new Command.Cancel("the edge withdrew the job"));
    // The submission lies before it and is settled with the job, so an heir reads both again.
    log.settled(partition, offset);
  }

  /**
   * Ends a job of which nothing but its name is known, unbilled. From now on it has ended: a
   * submission of it that comes later is ignored.
   *
   * @param end empty when not even its name is known
   */
  private void endUnseen(
      Partitions.Owned owned, int partition, long offset, Optional<JobTransition> end) {
    // A broken copy must not end the job that it is a copy of.
    if (end.isEmpty() || isKnown(owned, Wire.jobId(end.get().getJobId()))) {
      log.settled(partition, offset);
      return;
    }
    owned.history().add(end.get());
    log.write(partition, List.of(new JobLog.Transition(end.get())))
        .thenAccept(
            outcome -> {
              if (outcome != JobLog.Outcome.NOT_OWNER) {
                log.settled(partition, offset);
              }
            });
  }

  private boolean isKnown(Partitions.Owned owned, JobId id) {
    return jobs.find(id).isPresent() || owned.history().knows(id);
  }
}
