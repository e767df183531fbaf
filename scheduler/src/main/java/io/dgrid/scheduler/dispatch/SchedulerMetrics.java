package io.dgrid.scheduler.dispatch;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** All own metrics of the scheduler, {@code dgrid.scheduler.*}. */
@Singleton
public class SchedulerMetrics {
  private final MeterRegistry registry;
  private final Timer queued;
  private final Timer commits;
  private final DistributionSummary batches;
  private final DistributionSummary tails;

  SchedulerMetrics(MeterRegistry registry) {
    this.registry = registry;
    queued = Timer.builder("dgrid.scheduler.job.queued").register(registry);
    commits = Timer.builder("dgrid.scheduler.log.commit").register(registry);
    batches = DistributionSummary.builder("dgrid.scheduler.log.batch").register(registry);
    tails = DistributionSummary.builder("dgrid.scheduler.log.tail").register(registry);
  }

  void finished(String outcome) {
    registry.counter("dgrid.scheduler.jobs", "outcome", outcome).increment();
  }

  void attempt(String outcome) {
    registry.counter("dgrid.scheduler.attempts", "outcome", outcome).increment();
  }

  void matchedAfter(long millis) {
    queued.record(millis, TimeUnit.MILLISECONDS);
  }

  void leaseLost() {
    registry.counter("dgrid.scheduler.leases.lost").increment();
  }

  /** A transaction of the log. */
  public void committed(int writes, Duration took) {
    commits.record(took);
    batches.record(writes);
  }

  /** Tokens that the record of a job's end repeats. */
  void tail(int tokens) {
    tails.record(tokens);
  }

  /** The log refuses this instance's writes to a partition. */
  public void fenced() {
    registry.counter("dgrid.scheduler.fenced").increment();
  }

  /** A record or message that could not be used. */
  public void rejected(String kind) {
    registry.counter("dgrid.scheduler.rejected", "kind", kind).increment();
  }

  /** A worker's message went to the owner elsewhere. */
  public void peerForwarded() {
    registry.counter("dgrid.scheduler.peer.forwarded").increment();
  }

  /** An assignment came when other owners had taken the worker's last slot. */
  public void peerDeclined() {
    registry.counter("dgrid.scheduler.peer.declined").increment();
  }

  /** A slot was kept for an owner that did not take it in time. */
  public void peerLapsed() {
    registry.counter("dgrid.scheduler.peer.lapsed").increment();
  }

  /** Jobs of partitions that came here went to workers before all were known. */
  public void peerMissed() {
    registry.counter("dgrid.scheduler.peer.missed").increment();
  }

  public void gauge(String noun, Supplier<Number> value) {
    // Holds on to the supplier, which nobody else does.
    Gauge.builder("dgrid.scheduler." + noun, value).register(registry);
  }
}
