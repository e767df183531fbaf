package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.proto.worker.v1.Assignment;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.job.Command;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.scheduler.log.OwnedLog;
import io.dgrid.scheduler.market.Market;
import io.dgrid.transport.trace.JobTracer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** One scheduler's dispatcher on the real log, with one worker that only listens. */
final class Owner implements AutoCloseable {
  private final SchedulerConfig config =
      new SmallRyeConfigBuilder()
          .withConverter(Duration.class, 200, new DurationConverter())
          .withMapping(SchedulerConfig.class)
          .withDefaultValues(
              Map.of(
                  "dgrid.scheduler.log.group", "two-owners",
                  "dgrid.scheduler.attempts.grace", "300ms",
                  "dgrid.scheduler.attempts.adoption", "500ms"))
          .build()
          .getConfigMapping(SchedulerConfig.class);
  private final Loop loop = new Loop();
  private final SchedulerMetrics metrics = new SchedulerMetrics(new SimpleMeterRegistry());
  private final Optional<OwnedLog> owned;
  private final Dispatcher dispatcher;
  private final SigningKey node = SigningKey.random();
  private final List<Assignment> assignments = new CopyOnWriteArrayList<>();
  private final List<SessionResponse> told = new CopyOnWriteArrayList<>();
  private final List<String> said = new CopyOnWriteArrayList<>();
  private WorkerDesk desk;
  private Listener listener;
  private volatile boolean lost;

  /** What its edges have said they have. */
  volatile int confirmed = Integer.MAX_VALUE;

  /** On the real log. */
  Owner(String servers) {
    owned = Optional.of(new OwnedLog(servers, config, metrics));
    dispatcher = dispatcher(owned.get().log());
  }

  /** On a log that the test makes up. */
  Owner(JobLog log) {
    owned = Optional.empty();
    dispatcher = dispatcher(log);
  }

  private Dispatcher dispatcher(JobLog log) {
    Clock clock = Clock.systemUTC();
    Nodes nodes = new Nodes(config, clock);
    Market market = new Market(nodes::reputationMicros, nodes::bar);
    Roster roster = new Roster();
    Shards shards = new Shards(config, log);
    Muster muster = new Muster(roster, shards);
    Dispatcher made =
        new Dispatcher(
            loop,
            clock,
            config,
            log,
            shards,
            new NoEdge(),
            roster,
            muster,
            market,
            metrics,
            JobTracer.off());
    desk = new WorkerDesk(loop, clock, config, made, roster, market, shards, muster, metrics);
    listener = new Listener(worker());
    Listener worker = listener;
    loop.execute(() -> desk.joined(worker));
    loop.execute(() -> desk.hear(worker, new Heard.State(report(10_000, List.of()))));
    loop.every(Duration.ofMillis(50), made::tick);
    return made;
  }

  /** As when the group gives it the partition; the owner before is not told. */
  void takeOver(int partition) throws Exception {
    History history =
        owned
            .orElseThrow()
            .takeOver(
                partition,
                refused -> {
                  lost = true;
                  loop.execute(() -> dispatcher.release(refused));
                });
    own(partition, history);
  }

  void own(int partition, History history) throws Exception {
    onLoop(() -> dispatcher.take(partition, history));
  }

  void caughtUp(int partition) throws Exception {
    onLoop(() -> dispatcher.caughtUp(partition));
  }

  void say(JobId job, Command command) {
    loop.execute(() -> dispatcher.command(job, command));
  }

  WorkerId worker() {
    return new WorkerId(node.address(), "listener");
  }

  void submit(int partition, long offset, SubmittedJob job) {
    loop.execute(() -> dispatcher.submitted(partition, offset, job));
  }

  /** Its worker speaks. */
  void state(int freeSlots, WorkerReport.Running... running) {
    hear(report(freeSlots, List.of(running)));
  }

  void hear(WorkerReport report) {
    Listener worker = listener;
    loop.execute(() -> desk.hear(worker, new Heard.State(report)));
  }

  /** What its worker's gateway heard of grants and of who waits, in order. */
  List<String> said() {
    return said;
  }

  /** What else its worker was told. */
  List<SessionResponse> told() {
    return told;
  }

  /** What its worker was told to run. */
  List<Assignment> assignments() {
    return assignments;
  }

  boolean hasLost() {
    return lost;
  }

  int jobs() throws Exception {
    CompletableFuture<Integer> size = new CompletableFuture<>();
    loop.execute(() -> size.complete(dispatcher.size()));
    return size.get(10, TimeUnit.SECONDS);
  }

  SigningKey node() {
    return node;
  }

  private void onLoop(Runnable step) throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.execute(
        () -> {
          step.run();
          done.complete(null);
        });
    done.get(10, TimeUnit.SECONDS);
  }

  private WorkerReport report(int freeSlots, List<WorkerReport.Running> running) {
    Offer offer =
        new Offer(
            node.address(), Jobs.MODEL, Price.of(10), Price.of(10), 10_000, 4_000_000_000_000L);
    return new WorkerReport(
        List.of(Signed.by(node, Jobs.DOMAIN, offer)), freeSlots, running, false, Set.of());
  }

  @Override
  public void close() {
    loop.stop();
    owned.ifPresent(OwnedLog::close);
  }

  private final class Listener implements WorkerLink {
    private final WorkerId id;

    private Listener(WorkerId id) {
      this.id = id;
    }

    @Override
    public WorkerId id() {
      return id;
    }

    @Override
    public String hardware() {
      return "";
    }

    @Override
    public boolean send(SessionResponse message) {
      told.add(message);
      if (message.hasAssign()) {
        said.add("assigned");
        assignments.add(message.getAssign());
      }
      return true;
    }

    @Override
    public void granting(JobId job, int attempt) {
      said.add("granting");
    }

    @Override
    public void waiting(boolean waiting) {
      said.add(waiting ? "waiting" : "not waiting");
    }

    @Override
    public boolean isDirect() {
      return true;
    }

    @Override
    public void close(DGridException why) {}

    @Override
    public void replaced() {}
  }

  private final class NoEdge implements EdgeRelay {
    @Override
    public void follow(LiveJob job, String replyTo, int from) {}

    @Override
    public void changed(LiveJob job) {}

    @Override
    public int confirmed(LiveJob job) {
      return confirmed;
    }

    @Override
    public void forget(LiveJob job) {}
  }
}
