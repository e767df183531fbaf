package io.dgrid.scheduler;

import static io.dgrid.scheduler.fixture.Waiting.waitUntil;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.local.testing.LocalBroker;
import io.dgrid.proto.common.v1.ErrorCode;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.Failed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.proto.worker.v1.FleetServiceGrpc;
import io.dgrid.proto.worker.v1.ListNodesRequest;
import io.dgrid.proto.worker.v1.ListOffersRequest;
import io.dgrid.proto.worker.v1.OpenReceiptRequest;
import io.dgrid.proto.worker.v1.ScoreReceiptRequest;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.scheduler.fixture.FakeEdge;
import io.dgrid.scheduler.fixture.FakeWorker;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.fixture.SchedulerProcess;
import io.dgrid.scheduler.fixture.TestLog;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.StatusCodec;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The packaged scheduler with a real broker, workers and edges over real gRPC. */
class SchedulerIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static LocalBroker broker;
  private static SchedulerProcess scheduler;
  private static TestLog log;
  private static FakeEdge edge;
  private static int models;

  private final ModelId model = new ModelId(Jobs.hash("model-" + ++models));
  private final List<FakeWorker> workers = new ArrayList<>();

  @BeforeAll
  static void startAll() throws Exception {
    broker = LocalBroker.startProcess();
    log = new TestLog(broker.bootstrapServers());
    edge = new FakeEdge(256);
    scheduler =
        new SchedulerProcess(
                broker.bootstrapServers(),
                Map.of(
                    "dgrid.scheduler.market.no-worker-after", "2s",
                    "dgrid.scheduler.attempts.adoption", "3s",
                    "dgrid.scheduler.attempts.next-chunk", "3s",
                    "dgrid.scheduler.session.lease", "5s"))
            .start();
    waitUntilReady();
  }

  @AfterAll
  static void stopAll() throws Exception {
    scheduler.close();
    edge.close();
    log.close();
    broker.close();
  }

  @AfterEach
  void stopWorkers() {
    workers.forEach(FakeWorker::close);
  }

  @Test
  void jobReachesWorkerAndItsAnswerTheEdge() throws Exception {
    FakeWorker worker = worker("w", 100);

    JobId job = submit(20, 1_000);

    waitUntilEnded(job);
    assertThat(edge.tokens(job)).isEqualTo(tokens(20));
    Completed completed = completed(job);
    assertThat(completed.getUsage().getOutputTokens()).isEqualTo(20);
    assertThat(completed.getUsage().getInputTokens()).isEqualTo(3);
    assertThat(completed.getReceiptsCount()).isOne();
    assertThat(log.receipts(job)).hasSize(1);
    assertThat(log.transitions(job))
        .extracting(JobTransition::getTransitionCase)
        .containsExactly(
            JobTransition.TransitionCase.GRANTED, JobTransition.TransitionCase.COMPLETED);
    waitUntil("ack", SOON, () -> worker.heard.stream().anyMatch(message -> message.hasAck()));
    assertThat(scheduler.metrics()).contains("dgrid_scheduler_jobs_total");
  }

  @Test
  void cheapestWorkerWinsAndTheOthersAreNamed() throws Exception {
    worker("dear", 300);
    FakeWorker cheap = worker("cheap", 100);

    JobId job = submit(5, 1_000);

    waitUntilEnded(job);
    assertThat(cheap.assignments()).isOne();
    JobEvent assigned =
        edge.events(job).stream().filter(JobEvent::hasAssigned).findFirst().orElseThrow();
    assertThat(assigned.getAssigned().getLosersList())
        .singleElement()
        .satisfies(loser -> assertThat(loser.getReason()).isEqualTo("price"));
  }

  @Test
  void jobOfAKilledWorkerContinuesOnAnotherWithoutGapOrRepeat() throws Exception {
    FakeWorker first = worker("first", 100).pauseAt(7);
    JobId job = submit(20, 1_000);
    waitUntil("seven tokens", SOON, () -> edge.tokens(job).size() == 7);
    worker("second", 200);

    first.die();

    waitUntilEnded(job);
    assertThat(edge.tokens(job)).isEqualTo(tokens(20));
    assertThat(completed(job).getReceiptsList())
        .singleElement()
        .satisfies(r -> assertThat(r.getReceipt().getFirstPosition()).isEqualTo(7));
  }

  @Test
  void stalledAttemptMovesOnAndBothWorkersAreBilledForTheirPart() throws Exception {
    FakeWorker stalled = worker("stalled", 100).pauseAt(4);
    JobId job = submit(12, 1_000);
    waitUntil("four tokens", SOON, () -> edge.tokens(job).size() == 4);
    worker("second", 200);

    waitUntilEnded(job);
    assertThat(edge.tokens(job)).isEqualTo(tokens(12));
    assertThat(completed(job).getReceiptsList())
        .extracting(r -> r.getReceipt().getOutputTokens())
        .containsExactly(4, 8);
    assertThat(stalled.cancels())
        .anySatisfy(cancel -> assertThat(cancel.getReceiptUntil()).isEqualTo(4));
  }

  @Test
  void lateFirstTokenLetsAnotherWorkerRaceAndOnlyTheWinnerIsBilled() throws Exception {
    FakeWorker silent = worker("silent", 100).pauseAt(0);
    FakeWorker quick = worker("quick", 200);

    JobId job =
        log.submit(
            Jobs.job(model, edge.address(), 8, 1_000, 60_000).toBuilder()
                .setHedgeAfterMs(200)
                .build());

    waitUntilEnded(job);
    assertThat(edge.tokens(job)).isEqualTo(tokens(8));
    assertThat(silent.assignments()).isOne();
    assertThat(completed(job).getReceiptsList())
        .singleElement()
        .satisfies(
            r ->
                assertThat(r.getReceipt().getNode().toByteArray())
                    .isEqualTo(quick.node().toBytes()));
    assertThat(log.transitions(job))
        .filteredOn(JobTransition::hasEnded)
        .singleElement()
        .satisfies(
            t -> {
              assertThat(t.getEnded().getAttempt()).isOne();
              assertThat(t.getEnded().getOvertaken()).isTrue();
            });
    waitUntil(
        "cancel",
        SOON,
        () -> silent.cancels().stream().anyMatch(cancel -> !cancel.getReceiptWanted()));
  }

  @Test
  void forgedReceiptIsNotPaidAndAnotherWorkerFinishes() throws Exception {
    worker("forger", 100).forging(1);
    JobId job = submit(6, 1_000);
    waitUntil("forger's tokens", SOON, () -> edge.tokens(job).size() == 6);
    FakeWorker honest = worker("honest", 200);

    waitUntilEnded(job);
    assertThat(completed(job).getReceiptsList())
        .singleElement()
        .satisfies(
            r ->
                assertThat(r.getReceipt().getNode().toByteArray())
                    .isEqualTo(honest.node().toBytes()));
  }

  @Test
  void slowEdgeStopsTheEngineAtItsWindow() throws Exception {
    worker("w", 100);
    try (FakeEdge slow = new FakeEdge(70)) {
      JobId job = log.submit(Jobs.job(model, slow.address(), 100, 1_000, 60_000));
      waitUntil("window", SOON, () -> slow.tokens(job).size() == 70);
      assertThat(slow.hasEnded(job)).isFalse();

      slow.allow(job, 1_000);

      waitUntil("end", SOON, () -> slow.hasEnded(job));
      assertThat(slow.tokens(job)).isEqualTo(tokens(100));
    }
  }

  @Test
  void cancelledJobIsBilledForWhatWasDelivered() throws Exception {
    worker("w", 100).pauseAt(5);
    JobId job = submit(50, 1_000);
    waitUntil("five tokens", SOON, () -> edge.tokens(job).size() == 5);

    edge.cancel(job, "client cancelled");

    waitUntilEnded(job);
    Failed failed = failed(job);
    assertThat(failed.getState()).isEqualTo(JobState.JOB_STATE_CANCELLED);
    assertThat(failed.getUsage().getOutputTokens()).isEqualTo(5);
    assertThat(failed.getReceiptsCount()).isOne();
  }

  @Test
  void jobWithoutWorkerFailsAfterABoundedWait() throws Exception {
    JobId job = submit(5, 1_000);

    waitUntilEnded(job);
    assertThat(failed(job).getFailure().getCode()).isEqualTo(ErrorCode.ERROR_CODE_NO_WORKER);
    assertThat(failed(job).getFailure().getRetryable()).isTrue();
  }

  @Test
  void tooLowPriceIsToldTheCheapestOffer() throws Exception {
    worker("w", 500);

    JobId job = submit(5, 499);

    waitUntilEnded(job);
    assertThat(failed(job).getFailure().getCode()).isEqualTo(ErrorCode.ERROR_CODE_PRICE_TOO_LOW);
    assertThat(failed(job).getFailure().getMetadataMap()).containsEntry("cheapest", "500");
  }

  @Test
  void repeatedAndMalformedSubmissionsChangeNothing() throws Exception {
    worker("w", 100);
    var submission = Jobs.job(model, edge.address(), 5, 1_000, 60_000);
    log.poison(model.toBytes());

    JobId job = log.submit(submission);
    log.submit(submission);
    waitUntilEnded(job);
    log.submit(submission);
    JobId after = submit(5, 1_000);

    waitUntilEnded(after);
    assertThat(log.transitions(job)).hasSize(2);
    assertThat(edge.ends(job)).isOne();
  }

  @Test
  void withdrawalEndsItsJobWhetherItComesBeforeOrAfterTheSubmissionAndAnHeirKnows()
      throws Exception {
    worker("w", 100).pauseAt(3);
    var live = Jobs.job(model, edge.address(), 20, 1_000, 120_000);
    JobId cancelled = log.submit(live);
    waitUntil("three tokens", SOON, () -> edge.tokens(cancelled).size() == 3);
    var late = Jobs.job(model, edge.address(), 5, 1_000, 120_000);
    JobId unseen = Wire.jobId(late.getJobId());

    log.submit(Jobs.withdrawal(live));
    log.submit(Jobs.withdrawal(late));
    waitUntilEnded(cancelled);
    waitUntil("end in the log", SOON, () -> !isWithoutTransition(unseen));
    scheduler.kill();
    scheduler.start();
    waitUntilReady();
    log.submit(late);
    log.submit(Jobs.withdrawal(late));
    JobId after = submit(3, 1_000);
    waitUntilEnded(after);

    assertThat(failed(cancelled).getState()).isEqualTo(JobState.JOB_STATE_CANCELLED);
    assertThat(failed(cancelled).getUsage().getOutputTokens()).isEqualTo(3);
    assertThat(log.transitions(unseen))
        .singleElement()
        .satisfies(
            end -> {
              assertThat(end.getFailed().getState()).isEqualTo(JobState.JOB_STATE_CANCELLED);
              assertThat(end.getFailed().getAmount()).isEqualTo("0");
            });
  }

  @Test
  void brokenStreamIsAdoptedEachTimeAndNothingIsAssignedAgain() throws Exception {
    FakeWorker worker = worker("w", 100).pauseAt(6);
    JobId job = submit(15, 1_000);
    waitUntil("six tokens", SOON, () -> edge.tokens(job).size() == 6);

    for (int times = 1; times <= 2; times++) {
      long adoptions = times;
      worker.loseConnection();
      waitUntil("adoption", SOON, () -> adoptions(worker) == adoptions);
    }
    worker.goOn();

    waitUntilEnded(job);
    assertThat(edge.tokens(job)).isEqualTo(tokens(15));
    assertThat(worker.assignments()).isOne();
    assertThat(completed(job).getReceiptsCount()).isOne();
  }

  @Test
  void silentWorkerLosesItsLeaseAndItsJob() throws Exception {
    FakeWorker silent = worker("silent", 100).pauseAt(3);
    JobId job = submit(8, 1_000);
    waitUntil("three tokens", SOON, () -> edge.tokens(job).size() == 3);
    silent.mute();
    worker("second", 200);

    waitUntilEnded(job);
    assertThat(edge.tokens(job)).isEqualTo(tokens(8));
  }

  @Test
  void proofByAnotherKeyIsRefused() {
    FakeWorker liar = new FakeWorker(scheduler.address(), "liar", model, 1).impersonating();
    workers.add(liar);
    liar.start();

    waitUntil("refusal", SOON, () -> !liar.ends.isEmpty());
    DGridException refusal = StatusCodec.fromStatus(liar.ends.getFirst());
    assertThat(refusal.code()).isEqualTo(io.dgrid.core.error.ErrorCode.INVALID_SIGNATURE);
    assertThat(liar.heard).noneMatch(SessionResponse::hasWelcome);
  }

  @Test
  void fleetShowsBooksAndFindsIndependentVerifiers() {
    FakeWorker cheap = worker("cheap", 100);
    FakeWorker dear = worker("dear", 200);
    ManagedChannel channel = Channels.to(scheduler.address());
    try {
      var fleet = FleetServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
      var offers =
          fleet.listOffers(ListOffersRequest.newBuilder().setModelId(Wire.bytes(model)).build());
      assertThat(offers.getOffersList())
          .extracting(o -> o.getWorker())
          .containsExactly("cheap", "dear");
      assertThat(fleet.listNodes(ListNodesRequest.getDefaultInstance()).getNodesList())
          .extracting(n -> n.getAddress())
          .contains(Wire.bytes(cheap.node()), Wire.bytes(dear.node()));
      var receipt = Wire.bytes(Jobs.hash("receipt"));
      assertThat(
              fleet
                  .openReceipt(
                      OpenReceiptRequest.newBuilder()
                          .setReceiptHash(receipt)
                          .setNode(Wire.bytes(cheap.node()))
                          .build())
                  .getOpening()
                  .getReceiptHash())
          .isEqualTo(receipt);
      ScoreReceiptRequest.Builder score =
          ScoreReceiptRequest.newBuilder()
              .setModelId(Wire.bytes(model))
              .addExcluded(Wire.bytes(cheap.node()));
      assertThat(fleet.scoreReceipt(score.build()).getScores().getVerifier())
          .isEqualTo(Wire.bytes(dear.node()));
      ScoreReceiptRequest nobody = score.addExcluded(Wire.bytes(dear.node())).build();
      assertThatThrownBy(() -> fleet.scoreReceipt(nobody))
          .satisfies(
              e ->
                  assertThat(StatusCodec.fromStatus(e).code())
                      .isEqualTo(io.dgrid.core.error.ErrorCode.NO_WORKER));
    } finally {
      channel.shutdownNow();
    }
  }

  private static long adoptions(FakeWorker worker) {
    return worker.heard.stream().filter(m -> m.hasFlow() && m.getFlow().hasResendFrom()).count();
  }

  @Test
  void killedSchedulerComesBackAndAdoptsTheRunningAttempt() throws Exception {
    FakeWorker worker = worker("w", 100).pauseAt(6);
    JobId job = submit(15, 1_000);
    waitUntil("six tokens", SOON, () -> edge.tokens(job).size() == 6);

    scheduler.kill();
    scheduler.start();
    waitUntilReady();
    waitUntil(
        "adoption",
        SOON,
        () -> worker.heard.stream().anyMatch(m -> m.hasFlow() && m.getFlow().hasResendFrom()));
    worker.goOn();

    waitUntilEnded(job);
    assertThat(edge.tokens(job)).isEqualTo(tokens(15));
    assertThat(worker.assignments()).isOne();
    assertThat(completed(job).getReceiptsCount()).isOne();
    assertThat(log.receipts(job)).hasSize(1);
  }

  @Test
  void endInTheLogHoldsTheTokensThatTheEdgeHasNotConfirmed() throws Exception {
    FakeWorker worker = worker("w", 100).pauseAt(6);
    JobId job = submit(15, 1_000);
    waitUntil("six tokens", SOON, () -> edge.tokens(job).size() == 6);
    edge.confirm(job, 6);
    // Behind the confirmation on the same stream: who hears of the one has heard of the other.
    edge.allow(job, 1_000);
    waitUntil(
        "window",
        SOON,
        () -> worker.heard.stream().anyMatch(m -> m.getFlow().getAllowUntil() > 900));

    worker.goOn();

    waitUntilEnded(job);
    JobTransition end = log.transitions(job).getLast();
    assertThat(end.getTailList().stream().flatMap(c -> c.getTokenIdsList().stream()))
        .containsExactlyElementsOf(tokens(15).subList(6, 15));
    assertThat(end.getEndPosition()).isEqualTo(15);
  }

  @Test
  void schedulerKilledBetweenTheEndInTheLogAndItsLastTokensLeavesThemInTheLog() throws Exception {
    FakeWorker worker = worker("w", 100).pauseAt(6);
    try (FakeEdge away = new FakeEdge(256)) {
      JobId job = log.submit(Jobs.job(model, away.address(), 15, 1_000, 60_000));
      waitUntil("six tokens", SOON, () -> away.tokens(job).size() == 6);
      away.close();
      worker.goOn();
      waitUntil("end", SOON, () -> isCompletedInLog(job));
      scheduler.kill();

      List<Integer> whole = new ArrayList<>(away.tokens(job));
      assertThat(whole).isEqualTo(tokens(6));
      for (Chunk chunk : log.transitions(job).getLast().getTailList()) {
        assertThat(chunk.getFirstPosition()).as("no gap").isLessThanOrEqualTo(whole.size());
        whole.addAll(
            chunk.getTokenIdsList().stream()
                .skip(whole.size() - chunk.getFirstPosition())
                .toList());
      }
      assertThat(whole).isEqualTo(tokens(15));
    } finally {
      scheduler.start();
      waitUntilReady();
    }
  }

  @Test
  void jobContinuesFromItsTokensAfterWorkerAndSchedulerDied() throws Exception {
    FakeWorker first = worker("first", 100).pauseAt(6);
    JobId job = submit(15, 1_000);
    waitUntil("six tokens", SOON, () -> edge.tokens(job).size() == 6);
    FakeWorker second = worker("second", 200).pauseAt(9);
    first.die();
    waitUntil("nine tokens", SOON, () -> edge.tokens(job).size() == 9);

    scheduler.kill();
    scheduler.start();
    waitUntilReady();
    second.goOn();

    waitUntilEnded(job);
    assertThat(edge.tokens(job)).isEqualTo(tokens(15));
    assertThat(second.assignments()).isOne();
  }

  @Test
  void killedBrokerComesBackAndNothingIsLost() throws Exception {
    FakeWorker worker = worker("w", 100).pauseAt(3);
    JobId running = submit(10, 1_000);
    waitUntil("three tokens", SOON, () -> edge.tokens(running).size() == 3);

    broker.process().kill9();
    worker.goOn();
    waitUntil("all tokens", SOON, () -> edge.tokens(running).size() == 10);
    assertThat(edge.hasEnded(running)).isFalse();
    assertThat(scheduler.isReady()).isFalse();
    broker.process().start();

    waitUntilEnded(running);
    JobId next = submit(4, 1_000);
    waitUntilEnded(next);
    assertThat(log.receipts(running)).hasSize(1);
    waitUntilReady();
  }

  private FakeWorker worker(String name, long price) {
    FakeWorker worker = new FakeWorker(scheduler.address(), name, model, price).start();
    workers.add(worker);
    waitUntil(
        "session of " + name,
        SOON,
        () -> worker.heard.stream().anyMatch(message -> message.hasRenewal()),
        () -> worker.ends.toString());
    return worker;
  }

  private JobId submit(int maxOutputTokens, long maxPrice) throws Exception {
    return log.submit(Jobs.job(model, edge.address(), maxOutputTokens, maxPrice, 120_000));
  }

  private static void waitUntilReady() {
    waitUntil(
        "scheduler ready", Duration.ofSeconds(60), scheduler::isReady, SchedulerIT::schedulerLog);
  }

  private static String schedulerLog() {
    try {
      return scheduler.log();
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }

  private static void waitUntilEnded(JobId job) {
    waitUntil(
        "end of " + job,
        Duration.ofSeconds(60),
        () -> edge.hasEnded(job),
        () -> edge.events(job) + "\n" + schedulerLog());
  }

  private static Completed completed(JobId job) {
    return edge.events(job).stream()
        .filter(JobEvent::hasCompleted)
        .findFirst()
        .orElseThrow(() -> new AssertionError("not completed: " + edge.events(job)))
        .getCompleted();
  }

  private static boolean isWithoutTransition(JobId job) {
    try {
      return log.transitions(job).isEmpty();
    } catch (Exception unreadable) {
      throw new AssertionError(unreadable);
    }
  }

  private static boolean isCompletedInLog(JobId job) {
    try {
      return log.transitions(job).stream().anyMatch(JobTransition::hasCompleted);
    } catch (Exception unreadable) {
      throw new AssertionError(unreadable);
    }
  }

  private static Failed failed(JobId job) {
    return edge.events(job).stream()
        .filter(JobEvent::hasFailed)
        .findFirst()
        .orElseThrow(() -> new AssertionError("not failed: " + edge.events(job)))
        .getFailed();
  }

  private static List<Integer> tokens(int count) {
    return IntStream.range(1000, 1000 + count).boxed().toList();
  }
}
