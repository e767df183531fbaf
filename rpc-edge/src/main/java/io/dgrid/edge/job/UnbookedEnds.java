package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.edge.job.UnbookedRepository.Unbooked;
import io.dgrid.proto.job.v1.JobEvent;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * Watches over ends that could not be booked, which is a bug or a broken ledger and never the
 * client's fault: alarms, and books them when it can be done, so that no hold waits for the
 * network's longest time-out.
 */
@ApplicationScoped
class UnbookedEnds {
  private static final Logger LOG = Logger.getLogger(UnbookedEnds.class);
  private static final int BATCH = 100;
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
  private static final int MAX_REASON = 500;

  private final UnbookedRepository ends;
  private final JobRepository jobs;
  private final InstantSource clock;
  private final MeterRegistry metrics;
  private final AtomicLong waiting = new AtomicLong();

  UnbookedEnds(
      UnbookedRepository ends, JobRepository jobs, InstantSource clock, MeterRegistry metrics) {
    this.ends = ends;
    this.jobs = jobs;
    this.clock = clock;
    this.metrics = metrics;
    Gauge.builder("dgrid.edge.ends.unbooked", waiting::get)
        .description("Ends of jobs that could not be booked; anything but 0 needs a person")
        .register(metrics);
  }

  /** Alarms and keeps an end for later. */
  Uni<Void> keep(JobId job, JobEvent terminal, Throwable why) {
    LOG.errorf(why, "job %s: its end cannot be booked, its hold stays; it is tried again", job);
    metrics.counter("dgrid.edge.ends.failed").increment();
    waiting.incrementAndGet();
    long now = clock.millis();
    return ends.keep(job, terminal, reason(why), now, now + FIRST_PAUSE.toMillis());
  }

  @Scheduled(
      every = "30s",
      delayed = "10s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> reconcile() {
    return ends.due(clock.millis(), BATCH)
        .onItem()
        .transformToMulti(found -> Multi.createFrom().iterable(found))
        .onItem()
        .transformToUniAndConcatenate(this::tryAgain)
        .collect()
        .last()
        .chain(ends::count)
        .invoke(waiting::set)
        .replaceWithVoid()
        .onFailure()
        .invoke(failure -> LOG.warnf("unbooked ends wait: %s", failure.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  /** An outage stops the round; what cannot be booked waits longer each time. */
  private Uni<Void> tryAgain(Unbooked end) {
    return jobs.end(end.job(), end.terminal())
        .chain(() -> ends.remove(end.job()))
        .invoke(() -> LOG.infof("job %s: its end is booked after all", end.job()))
        .onFailure(failure -> !(failure instanceof DGridException coded && coded.retryable()))
        .recoverWithUni(failure -> failedAgain(end, failure));
  }

  private Uni<Void> failedAgain(Unbooked end, Throwable failure) {
    LOG.errorf("job %s: its end cannot be booked, try %d: %s", end.job(), end.tries() + 1, failure);
    metrics.counter("dgrid.edge.ends.failed").increment();
    long pause = FIRST_PAUSE.toMillis() << Math.min(end.tries(), 10);
    long next = clock.millis() + Math.min(pause, LONGEST_PAUSE.toMillis());
    return ends.failedAgain(end.job(), reason(failure), next);
  }

  private static String reason(Throwable failure) {
    String text = failure.toString();
    return text.length() > MAX_REASON ? text.substring(0, MAX_REASON) : text;
  }
}
