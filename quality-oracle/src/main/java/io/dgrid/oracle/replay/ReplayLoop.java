package io.dgrid.oracle.replay;

import io.dgrid.oracle.OracleConfig;
import io.dgrid.oracle.replay.Outcome.Decided;
import io.dgrid.oracle.replay.Outcome.Postponed;
import io.dgrid.oracle.sample.ReplayParked;
import io.dgrid.oracle.verdict.VerdictIssuer;
import io.dgrid.transport.trace.JobSpan;
import io.dgrid.transport.trace.JobTracer;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/** Keeps a bounded number of replays running while there are receipts without a verdict. */
@ApplicationScoped
class ReplayLoop {
  private static final Logger LOG = Logger.getLogger(ReplayLoop.class);

  /** Longer than a run can take with its timeouts; only a crash lets it pass. */
  private static final long CLAIM_MILLIS = Duration.ofMinutes(3).toMillis();

  private static final int MAX_DOUBLINGS = 16;

  private final ReplayRepository queue;
  private final Replay replay;
  private final VerdictIssuer verdicts;
  private final InstantSource clock;
  private final OracleConfig.Replay config;
  private final MeterRegistry metrics;
  private final JobTracer tracer;
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicLong waiting = new AtomicLong();

  ReplayLoop(
      ReplayRepository queue,
      Replay replay,
      VerdictIssuer verdicts,
      InstantSource clock,
      OracleConfig config,
      MeterRegistry metrics,
      JobTracer tracer) {
    this.queue = queue;
    this.replay = replay;
    this.verdicts = verdicts;
    this.clock = clock;
    this.config = config.replay();
    this.metrics = metrics;
    this.tracer = tracer;
    metrics.gauge("dgrid.oracle.replays.running", running);
    metrics.gauge("dgrid.oracle.replays.waiting", waiting);
  }

  @Scheduled(
      every = "1s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> sweep() {
    return queue
        .waiting()
        .invoke(waiting::set)
        .chain(count -> count > 0 ? fill() : Uni.createFrom().voidItem())
        .onFailure()
        .invoke(failure -> LOG.warnf("replays wait for the database: %s", failure))
        .onFailure()
        .recoverWithNull();
  }

  void onParked(@Observes ReplayParked parked) {
    go(fill());
  }

  /** Claims as many tasks as there is room for; the room is taken first and so never exceeded. */
  private Uni<Void> fill() {
    return Uni.createFrom()
        .deferred(
            () -> {
              int room = takeRoom();
              return room == 0 ? Uni.createFrom().voidItem() : claimAndStart(room);
            });
  }

  private Uni<Void> claimAndStart(int room) {
    long now = clock.millis();
    return queue
        .claim(room, now, now + CLAIM_MILLIS)
        .onFailure()
        .invoke(() -> giveBack(room))
        .invoke(tasks -> giveBack(room - tasks.size()))
        .invoke(this::start)
        .replaceWithVoid();
  }

  private int takeRoom() {
    int before = running.getAndUpdate(busy -> Math.max(busy, config.inFlight()));
    return Math.max(0, config.inFlight() - before);
  }

  private void giveBack(int room) {
    running.addAndGet(-room);
  }

  private void start(List<ReplayTask> tasks) {
    for (ReplayTask task : tasks) {
      long started = clock.millis();
      JobSpan span = span(task);
      go(
          replay
              .run(task)
              .call(outcome -> settle(task, outcome))
              .invoke(outcome -> span.end(word(outcome)))
              .onFailure()
              .invoke(failure -> span.fail("broken off"))
              .onTermination()
              .invoke(() -> finished(started))
              .chain(this::fill));
    }
  }

  private JobSpan span(ReplayTask task) {
    return tracer
        .follow("receipt.replay", task.traceparent())
        .job(task.receipt().jobId())
        .model(task.receipt().modelId())
        .attempt(task.receipt().attempt());
  }

  private static String word(Outcome outcome) {
    return switch (outcome) {
      case Decided decided -> decided.comparison().result().name();
      case Postponed postponed -> "postponed: " + postponed.reason();
    };
  }

  private void finished(long started) {
    giveBack(1);
    metrics.timer("dgrid.oracle.replay").record(Duration.ofMillis(clock.millis() - started));
  }

  private Uni<Void> settle(ReplayTask task, Outcome outcome) {
    return switch (outcome) {
      case Decided decided -> issue(task, decided);
      case Postponed postponed -> postpone(task, postponed);
    };
  }

  private Uni<Void> postpone(ReplayTask task, Postponed postponed) {
    metrics.counter("dgrid.oracle.postponed", "reason", postponed.reason()).increment();
    long dueAt = clock.millis() + backoffMillis(task.tries());
    return dueAt < task.giveUpAt() ? queue.postpone(task, dueAt) : issue(task, postponed.atEnd());
  }

  private long backoffMillis(int tries) {
    long grown = config.firstBackoff().toMillis() << Math.min(tries, MAX_DOUBLINGS);
    return Math.min(grown, config.longestBackoff().toMillis());
  }

  private Uni<Void> issue(ReplayTask task, Decided decided) {
    LOG.infof(
        "%s on receipt %s of %s: %s",
        decided.comparison().result(), task.hash(), task.receipt().node(), decided.reason());
    return verdicts.issue(
        task.hash(),
        task.receipt().node(),
        decided.verifier(),
        decided.comparison(),
        decided.scores());
  }

  private static void go(Uni<Void> work) {
    work.subscribe()
        .with(
            done -> {},
            // The claim runs out and another run follows.
            failure -> LOG.error("a replay broke off and will be tried again", failure));
  }
}
