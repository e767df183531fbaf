package io.dgrid.scheduler;

import static io.dgrid.scheduler.fixture.Waiting.waitUntil;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.placement.Placement;
import io.dgrid.local.testing.LocalBroker;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.proto.worker.v1.FleetServiceGrpc;
import io.dgrid.proto.worker.v1.ListNodesRequest;
import io.dgrid.proto.worker.v1.ListOffersRequest;
import io.dgrid.scheduler.fixture.FakeEdge;
import io.dgrid.scheduler.fixture.FakeWorker;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.fixture.SchedulerProcess;
import io.dgrid.scheduler.fixture.TestLog;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.Wire;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two packaged schedulers and one broker: a worker serves the jobs of whoever owns them, wherever
 * its session is.
 */
class ManySchedulersIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Duration LATER = Duration.ofSeconds(60);
  private static final ModelId HOT = new ModelId(Jobs.hash("hot-model"));
  private static final int PARTITIONS = 8;
  private static final int SPREAD = PARTITIONS;

  /** So much that speed, which counts too, decides nothing. */
  private static final long PRICE = 1_000_000_000;

  private static LocalBroker broker;
  private static List<SchedulerProcess> schedulers;
  private static TestLog log;
  private static FakeEdge edge;
  private static int models;

  private final List<FakeWorker> workers = new ArrayList<>();

  @BeforeAll
  static void startAll() throws Exception {
    broker = LocalBroker.startProcess();
    log = new TestLog(broker.bootstrapServers());
    edge = new FakeEdge(256);
    schedulers = List.of(scheduler(), scheduler());
    for (SchedulerProcess scheduler : schedulers) {
      waitUntilReady(scheduler);
    }
  }

  private static SchedulerProcess scheduler() throws IOException {
    return new SchedulerProcess(
            broker.bootstrapServers(),
            Map.of(
                "dgrid.scheduler.market.no-worker-after",
                "5s",
                "dgrid.scheduler.market.spread.\"" + HOT + "\"",
                Integer.toString(SPREAD),
                "dgrid.scheduler.log.session-timeout",
                "3s",
                "dgrid.scheduler.session.lease",
                "5s"))
        .start();
  }

  @AfterAll
  static void stopAll() throws Exception {
    for (SchedulerProcess scheduler : schedulers) {
      scheduler.close();
    }
    edge.close();
    log.close();
    broker.close();
  }

  @AfterEach
  void stopWorkers() {
    workers.forEach(FakeWorker::close);
  }

  @Test
  void workerServesAJobOfAnOwnerItNeverDialled() throws Exception {
    ModelId model = freshModel();
    FakeWorker worker = worker(schedulers.getFirst(), "w", model, 100);
    SchedulerProcess owner = ownerOf(model);
    FakeWorker afar = worker(other(owner), "afar", model, 50);
    waitUntil("both offers", SOON, () -> offers(owner, model) == 2);

    JobId job = submit(model, 20);

    waitUntilEnded(job);
    assertThat(edge.tokens(job)).isEqualTo(tokens(20));
    assertThat(worker.assignments()).isZero();
    assertThat(afar.assignments()).isOne();
    assertThat(log.receipts(job)).hasSize(1);
    waitUntil("ack", SOON, () -> afar.heard.stream().anyMatch(message -> message.hasAck()));
    assertThat(offers(other(owner), model)).isZero();
    assertThat(nodes(schedulers.get(0)) + nodes(schedulers.get(1))).isEqualTo(2);
    assertThat(other(owner).metrics()).contains("dgrid_scheduler_peer_forwarded_total");
  }

  @Test
  void attemptIsAdoptedWhenItsOwnerDiesAndItsWorkerIsElsewhere() throws Exception {
    ModelId model = freshModel();
    FakeWorker first = worker(schedulers.getFirst(), "first", model, 500);
    SchedulerProcess owner = ownerOf(model);
    first.close();
    FakeWorker worker = worker(other(owner), "w", model, 100).pauseAt(6);
    waitUntil("offer at the owner", SOON, () -> offers(owner, model) == 1);
    JobId job = submit(model, 15);
    waitUntil("six tokens", SOON, () -> edge.tokens(job).size() == 6);

    owner.kill();
    try {
      waitUntil("adoption", LATER, () -> adoptions(worker) > 0);
      worker.goOn();

      waitUntilEnded(job);
      assertThat(edge.tokens(job)).isEqualTo(tokens(15));
      assertThat(worker.assignments()).isOne();
      assertThat(completed(job).getReceiptsCount()).isOne();
      assertThat(log.receipts(job)).hasSize(1);
    } finally {
      owner.start();
      waitUntilReady(owner);
    }
  }

  @Test
  void resultHandedInWhileNobodyOwnedTheJobIsNotLost() throws Exception {
    ModelId model = freshModel();
    FakeWorker first = worker(schedulers.getFirst(), "first", model, 500);
    SchedulerProcess owner = ownerOf(model);
    first.close();
    FakeWorker worker = worker(other(owner), "w", model, 100).pauseAt(6);
    waitUntil("offer at the owner", SOON, () -> offers(owner, model) == 1);
    JobId job = submit(model, 15);
    waitUntil("six tokens", SOON, () -> edge.tokens(job).size() == 6);

    owner.kill();
    worker.goOn();
    try {
      waitUntilEnded(job);
      assertThat(edge.tokens(job)).isEqualTo(tokens(15));
      assertThat(worker.assignments()).isOne();
      assertThat(log.receipts(job)).hasSize(1);
    } finally {
      owner.start();
      waitUntilReady(owner);
    }
  }

  @Test
  void partitionsMoveAwayFromASchedulerThatLeavesAndItsWorkersFollow() throws Exception {
    ModelId model = freshModel();
    FakeWorker worker = worker(schedulers.getFirst(), "w", model, 100);
    SchedulerProcess owner = ownerOf(model);
    SchedulerProcess stays = other(owner);
    worker.close();
    FakeWorker mover =
        started(
            new FakeWorker(List.of(owner.address(), stays.address()), "m", model, 100).pauseAt(6));
    JobId job = submit(model, 15);
    waitUntil("six tokens", SOON, () -> edge.tokens(job).size() == 6);

    owner.close();
    try {
      waitUntil("adoption", LATER, () -> adoptions(mover) > 0);
      mover.goOn();

      waitUntilEnded(job);
      assertThat(edge.tokens(job)).isEqualTo(tokens(15));
      assertThat(mover.assignments()).isOne();
      assertThat(log.receipts(job)).hasSize(1);
    } finally {
      owner.start();
      waitUntilReady(owner);
    }
  }

  @Test
  void jobsOfAHotModelAreServedByEveryOwnerAtTheBestPrice() throws Exception {
    FakeWorker cheap = worker(schedulers.get(0), "cheap", HOT, PRICE);
    FakeWorker dear = worker(schedulers.get(1), "dear", HOT, 2 * PRICE);
    waitUntilBothKnow(2);
    List<Double> before = schedulers.stream().map(ManySchedulersIT::succeeded).toList();

    oneAfterTheOther(12, cheap);
    assertThat(cheap.assignments()).isEqualTo(12);
    assertThat(dear.assignments()).isZero();

    List<JobId> crowd = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      crowd.add(submitHot(3));
    }
    for (JobId job : crowd) {
      waitUntilEnded(job);
      assertThat(edge.tokens(job)).isEqualTo(tokens(3));
      assertThat(completed(job).getReceiptsCount()).isOne();
    }
    assertThat(cheap.assignments() + dear.assignments()).isEqualTo(72);
    for (int i = 0; i < schedulers.size(); i++) {
      assertThat(succeeded(schedulers.get(i)) - before.get(i))
          .as("jobs of owner %d", i)
          .isPositive();
      System.out.printf(
          "owner %d: %.0f jobs, %.0f grants declined here%n",
          i,
          succeeded(schedulers.get(i)) - before.get(i),
          metric(schedulers.get(i), "dgrid_scheduler_peer_declined_total"));
    }

    long busy = dear.assignments();
    oneAfterTheOther(12, cheap);
    assertThat(dear.assignments()).as("the best price again").isEqualTo(busy);
  }

  /** The worker has a free slot for each of them, whoever owns the job. */
  private static void oneAfterTheOther(int count, FakeWorker worker) throws Exception {
    for (int i = 0; i < count; i++) {
      waitUntil("free slots", SOON, worker::isIdle);
      waitUntilEnded(submitHot(3));
    }
  }

  @Test
  void shardsOfAKilledOwnerAreAdoptedAndNothingOfThemIsLost() throws Exception {
    SchedulerProcess dies = schedulers.get(0);
    SchedulerProcess stays = schedulers.get(1);
    List<FakeWorker> fleet =
        List.of(
            worker(stays, "one", HOT, PRICE).pauseAt(2),
            worker(stays, "two", HOT, PRICE).pauseAt(2));
    waitUntilBothKnow(2);
    List<JobId> jobs = new ArrayList<>(submitHot(4, dies));
    waitUntilRunning(jobs, 4);
    jobs.addAll(submitHot(4, stays));
    waitUntilRunning(jobs, 8);
    // No slot is free for these.
    jobs.addAll(submitHot(2, dies));
    jobs.addAll(submitHot(2, stays));

    dies.kill();
    try {
      waitUntil(
          "adoption",
          LATER,
          () -> fleet.stream().anyMatch(w -> adoptions(w) > 0),
          ManySchedulersIT::logs);
      fleet.forEach(FakeWorker::goOn);

      for (JobId job : jobs) {
        waitUntilEnded(job);
        assertThat(edge.tokens(job)).isEqualTo(tokens(5));
        assertThat(completed(job).getReceiptsCount()).isOne();
        assertThat(log.receipts(job)).hasSize(1);
      }
      assertThat(fleet.stream().mapToLong(FakeWorker::assignments).sum()).isEqualTo(jobs.size());
    } finally {
      dies.start();
      waitUntilReady(dies);
    }
  }

  @Test
  void newOwnerGrantsNothingBeforeItKnowsTheCheapest() throws Exception {
    SchedulerProcess joins = schedulers.get(0);
    SchedulerProcess stays = schedulers.get(1);
    joins.close();
    FakeWorker cheap =
        started(new FakeWorker(stays.address(), "cheap", HOT, PRICE).withSlots(1_000));
    waitUntil("the offer", SOON, () -> offers(stays, HOT) == 1);

    // Its own worker is known to the new owner at once, the other by its gateway only.
    joins.start();
    FakeWorker dear = worker(joins, "dear", HOT, 2 * PRICE);
    List<JobId> jobs = new ArrayList<>();
    while (!joins.isReady() || succeeded(joins) == 0) {
      assertThat(jobs).as("jobs until one is the new owner's").hasSizeLessThan(2_000);
      if (jobs.stream().filter(job -> !edge.hasEnded(job)).count() < 50) {
        jobs.add(submitHot(1));
      }
    }

    for (JobId job : jobs) {
      waitUntilEnded(job);
    }
    assertThat(dear.assignments()).isZero();
    assertThat(cheap.assignments()).isEqualTo(jobs.size());
  }

  /** Jobs that one scheduler owns. */
  private static List<JobId> submitHot(int count, SchedulerProcess owner) throws Exception {
    Set<Integer> partitions = log.partitionsOf(owner.address());
    assertThat(partitions).as("of " + owner.address()).isNotEmpty();
    List<JobId> jobs = new ArrayList<>();
    while (jobs.size() < count) {
      SubmittedJob job = hotJob(5);
      int shard = Placement.shard(Wire.jobId(job.getJobId()), SPREAD);
      if (partitions.contains(new Placement(PARTITIONS).partition(HOT, shard))) {
        jobs.add(log.submit(job, SPREAD));
      }
    }
    return jobs;
  }

  private static void waitUntilRunning(List<JobId> jobs, int count) {
    waitUntil(
        count + " jobs that run",
        SOON,
        () -> jobs.stream().filter(job -> edge.tokens(job).size() == 2).count() == count,
        ManySchedulersIT::logs);
  }

  private static SubmittedJob hotJob(int maxOutputTokens) throws Exception {
    return Jobs.job(HOT, edge.address(), maxOutputTokens, 10 * PRICE, 120_000);
  }

  private static JobId submitHot(int maxOutputTokens) throws Exception {
    return log.submit(hotJob(maxOutputTokens), SPREAD);
  }

  private static void waitUntilBothKnow(int workers) {
    waitUntil(
        "both owners know the workers",
        SOON,
        () -> schedulers.stream().allMatch(each -> offers(each, HOT) == workers),
        ManySchedulersIT::logs);
  }

  private static double succeeded(SchedulerProcess scheduler) {
    return metric(scheduler, "dgrid_scheduler_jobs_total{outcome=\"succeeded\"}");
  }

  private static double metric(SchedulerProcess scheduler, String name) {
    return scheduler
        .metrics()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static ModelId freshModel() {
    return new ModelId(Jobs.hash("shared-model-" + ++models));
  }

  /** The scheduler whose book shows the model's offers. */
  private static SchedulerProcess ownerOf(ModelId model) {
    waitUntil(
        "an owner that knows the offer",
        SOON,
        () -> schedulers.stream().anyMatch(each -> offers(each, model) > 0),
        ManySchedulersIT::logs);
    return schedulers.stream().filter(each -> offers(each, model) > 0).findFirst().orElseThrow();
  }

  private static SchedulerProcess other(SchedulerProcess one) {
    return schedulers.get(0) == one ? schedulers.get(1) : schedulers.get(0);
  }

  private static int offers(SchedulerProcess scheduler, ModelId model) {
    return ask(
        scheduler,
        fleet ->
            fleet
                .listOffers(ListOffersRequest.newBuilder().setModelId(Wire.bytes(model)).build())
                .getOffersCount());
  }

  private static int nodes(SchedulerProcess scheduler) {
    return ask(
        scheduler, fleet -> fleet.listNodes(ListNodesRequest.getDefaultInstance()).getNodesCount());
  }

  private static int ask(
      SchedulerProcess scheduler,
      java.util.function.ToIntFunction<FleetServiceGrpc.FleetServiceBlockingStub> question) {
    ManagedChannel channel = Channels.to(scheduler.address());
    try {
      return question.applyAsInt(
          FleetServiceGrpc.newBlockingStub(channel).withDeadlineAfter(5, TimeUnit.SECONDS));
    } catch (StatusRuntimeException away) {
      return 0;
    } finally {
      channel.shutdownNow();
    }
  }

  private FakeWorker worker(SchedulerProcess at, String name, ModelId model, long price) {
    return started(new FakeWorker(at.address(), name, model, price));
  }

  private FakeWorker started(FakeWorker worker) {
    workers.add(worker.start());
    waitUntil(
        "session",
        SOON,
        () -> worker.heard.stream().anyMatch(message -> message.hasRenewal()),
        () -> worker.ends.toString());
    return worker;
  }

  private static JobId submit(ModelId model, int maxOutputTokens) throws Exception {
    return log.submit(Jobs.job(model, edge.address(), maxOutputTokens, 1_000, 120_000));
  }

  private static long adoptions(FakeWorker worker) {
    return worker.heard.stream().filter(m -> m.hasFlow() && m.getFlow().hasResendFrom()).count();
  }

  private static void waitUntilReady(SchedulerProcess scheduler) {
    waitUntil("scheduler ready", LATER, scheduler::isReady, ManySchedulersIT::logs);
  }

  private static String logs() {
    StringBuilder all = new StringBuilder();
    for (SchedulerProcess scheduler : schedulers) {
      try {
        all.append("--- ").append(scheduler.address()).append('\n').append(scheduler.log());
      } catch (IOException unreadable) {
        all.append(unreadable);
      }
    }
    return all.toString();
  }

  private static void waitUntilEnded(JobId job) {
    waitUntil(
        "end of " + job, LATER, () -> edge.hasEnded(job), () -> edge.events(job) + "\n" + logs());
  }

  private static Completed completed(JobId job) {
    Optional<JobEvent> end = edge.events(job).stream().filter(JobEvent::hasCompleted).findFirst();
    return end.orElseThrow(() -> new AssertionError("not completed: " + edge.events(job)))
        .getCompleted();
  }

  private static List<Integer> tokens(int count) {
    return IntStream.range(1000, 1000 + count).boxed().toList();
  }
}
