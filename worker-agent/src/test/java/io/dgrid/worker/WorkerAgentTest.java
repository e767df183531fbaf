package io.dgrid.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.core.receipt.ScoreReport;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.common.v1.ErrorCode;
import io.dgrid.proto.receipt.v1.SignedOffer;
import io.dgrid.proto.worker.v1.Assignment;
import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.proto.worker.v1.CancelAttempt;
import io.dgrid.proto.worker.v1.Flow;
import io.dgrid.proto.worker.v1.LeaseRenewal;
import io.dgrid.proto.worker.v1.OpenCall;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.proto.worker.v1.ResultAck;
import io.dgrid.proto.worker.v1.RunningAttempt;
import io.dgrid.proto.worker.v1.ScoreCall;
import io.dgrid.proto.worker.v1.Scores;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.proto.worker.v1.SessionRequest.MessageCase;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.trace.JobTracer;
import io.dgrid.worker.metric.WorkerMetrics;
import io.dgrid.worker.receipt.JournalLimits;
import io.dgrid.worker.receipt.ReceiptJournal;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent against a scheduler on loopback: real gRPC, real journal, an engine the test moves. */
class WorkerAgentTest {
  private static final Duration LONG_LEASE = Duration.ofSeconds(30);

  @TempDir Path directory;

  private final SigningKey node = SigningKey.random();
  private final TestJobs jobs = new TestJobs();
  private FakeEngine engine = new FakeEngine();
  private FakeScheduler scheduler;
  private WorkerAgent agent;

  @BeforeEach
  void start() throws IOException {
    scheduler = new FakeScheduler(TestJobs.DOMAIN, LONG_LEASE);
    agent = agent(TestJobs.DOMAIN, List.of(scheduler.target()));
    agent.start();
  }

  @AfterEach
  void stop() {
    agent.close();
    scheduler.close();
  }

  @Test
  void provesItsKeyAndSaysItsOffer() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    assertThat(session.hello().getHello().getWorker()).isEqualTo("w1");
    var state = session.stateWhere(s -> s.getOffersCount() == 1);
    var offer = OfferCodec.fromWire(state.getOffers(0));
    assertThat(offer.isBy(node.address(), TestJobs.DOMAIN)).isTrue();
    assertThat(offer.statement().pricing()).isEqualTo(TestJobs.PRICING);
    assertThat(state.getFreeSlots()).isEqualTo(2);
    assertThat(state.getScoresList()).containsExactly(Wire.bytes(TestJobs.MODEL.id()));
    assertThat(agent.isReady()).isTrue();
  }

  @Test
  void streamsTokensAndSignsAReceiptThatHoldsAgainstTheRules() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    Assignment assignment = assign(session);
    FakeEngine.Run run = engine.run();
    run.token(11);
    assertThat(tokens(session.output())).containsExactly(11);
    run.token(12);
    assertThat(tokens(session.output())).containsExactly(12);
    run.finish(FinishReason.STOP);

    AttemptResult result = session.output().getResult();
    IssuedReceipt issued = ReceiptCodec.fromWire(result.getReceipt());
    assertThat(ReceiptRules.violations(issued, TestJobs.DOMAIN)).isEmpty();
    Receipt receipt = issued.receipt().statement();
    assertThat(receipt.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(receipt.inputTokens()).isEqualTo(3);
    assertThat(receipt.outputTokens()).isEqualTo(2);
    // 3 input at 2 and 2 output at 5 units per token.
    assertThat(receipt.amount().units()).isEqualTo(16);
    assertThat(receipt.previousReceipt()).isEqualTo(Hash.ZERO);
    assertThat(ReceiptRules.opens(receipt, TestJobs.SALT, new int[] {11, 12}, new int[] {100, 100}))
        .isTrue();
    acknowledge(session, assignment);
    session.stateWhere(s -> s.getFreeSlots() == 2 && s.getRunningCount() == 0);
  }

  @Test
  void aContinuingAttemptBillsNoInputAndJoinsThePositions() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    assign(session, 5, 6, 7);
    FakeEngine.Run run = engine.run();
    assertThat(run.request().delivered()).containsExactly(5, 6, 7);
    run.token(8);
    assertThat(session.output().getChunk().getChunk().getFirstPosition()).isEqualTo(3);
    run.finish(FinishReason.LENGTH);
    Receipt receipt = receipt(session);
    assertThat(receipt.firstPosition()).isEqualTo(3);
    assertThat(receipt.inputTokens()).isZero();
    assertThat(receipt.amount().units()).isEqualTo(5);
  }

  @Test
  void refusesASchedulerOfAnotherChain() throws Exception {
    agent.close();
    Domain other = new Domain(1, TestJobs.DOMAIN.settlement());
    try (FakeScheduler stranger = new FakeScheduler(other, LONG_LEASE)) {
      engine = new FakeEngine();
      agent = agent(TestJobs.DOMAIN, List.of(stranger.target(), scheduler.target()));
      agent.start();
      // It moves on to the next scheduler, and never proves anything to the stranger.
      scheduler.session();
      assertThat(stranger.sawSession(Duration.ZERO)).isFalse();
    }
  }

  @Test
  void tamperedAssignmentsAreAnsweredWithWhatIsWrong() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    SignedOffer offer = offer(session);
    Assignment good = jobs.assignment(offer).build();
    List<Assignment.Builder> bad =
        List.of(
            good.toBuilder().setPrompt(good.getPrompt().toBuilder().setText("another")),
            good.toBuilder().setSampling(good.getSampling().toBuilder().setSeed(8)),
            good.toBuilder().setSalt(Wire.bytes(Hash.ZERO)),
            good.toBuilder().addPromptTokens(4),
            good.toBuilder()
                .setOffer(
                    offer.toBuilder().setOffer(offer.getOffer().toBuilder().setOutputPrice("9"))),
            good.toBuilder().setJobId(Wire.bytes(Hash.fromHex("77".repeat(32)))));
    for (Assignment.Builder tampered : bad) {
      session.send(SessionResponse.newBuilder().setAssign(tampered));
      AttemptResult result = session.output().getResult();
      assertThat(result.getFailure().getCode()).isEqualTo(ErrorCode.ERROR_CODE_INVALID_REQUEST);
      acknowledge(session, tampered.build());
    }
    assertThat(engine.isIdle()).isTrue();
  }

  @Test
  void cancelStopsTheEngineAndStillBillsWhatWasDelivered() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    Assignment assignment = assign(session);
    FakeEngine.Run run = engine.run();
    run.token(1);
    session.output();
    session.send(
        cancel(assignment)
            .setCancel(cancel(assignment).getCancel().toBuilder().setReceiptWanted(true)));
    run.awaitCancel();
    run.finish(FinishReason.CANCELLED);
    assertThat(receipt(session).finishReason()).isEqualTo(FinishReason.CANCELLED);
  }

  @Test
  void aSupersededAttemptSendsAndSignsNothing() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    Assignment assignment = assign(session);
    FakeEngine.Run run = engine.run();
    session.send(cancel(assignment));
    run.awaitCancel();
    run.token(1);
    run.finish(FinishReason.CANCELLED);
    session.stateWhere(s -> s.getRunningCount() == 0 && s.getFreeSlots() == 2);
    assertThat(session.isQuiet(Duration.ofMillis(300))).isTrue();
  }

  @Test
  void anAttemptThatAnotherContinuesIsBilledUpToThere() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    Assignment assignment = assign(session);
    FakeEngine.Run run = engine.run();
    run.token(1).token(2).token(3);
    session.await(MessageCase.CHUNK, m -> lastPosition(m) == 3);
    CancelAttempt.Builder cut =
        cancel(assignment).getCancel().toBuilder().setReceiptWanted(true).setReceiptUntil(2);
    session.send(SessionResponse.newBuilder().setCancel(cut));
    run.awaitCancel();
    run.finish(FinishReason.CANCELLED);
    AttemptResult result = session.output().getResult();
    Receipt receipt = ReceiptCodec.fromWire(result.getReceipt()).receipt().statement();
    assertThat(receipt.outputTokens()).isEqualTo(2);
    assertThat(receipt.finishReason()).isEqualTo(FinishReason.INTERRUPTED);
    assertThat(ReceiptRules.opens(receipt, TestJobs.SALT, new int[] {1, 2}, new int[] {100, 100}))
        .isTrue();
  }

  @Test
  void anEngineFailureAfterTokensIsBilledAndExplained() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    assign(session);
    FakeEngine.Run run = engine.run();
    run.token(1);
    session.output();
    run.fail();
    AttemptResult result = session.output().getResult();
    assertThat(result.getInterruption().getCode()).isEqualTo(ErrorCode.ERROR_CODE_UNAVAILABLE);
    assertThat(result.getReceipt().getReceipt().getFinishReason()).isEqualTo(4);
  }

  @Test
  void aReconnectAdoptsTheRunningAttemptAtTheNamedPosition() throws Exception {
    FakeScheduler.Session first = scheduler.session();
    Assignment assignment = assign(first);
    FakeEngine.Run run = engine.run();
    run.token(1).token(2);
    first.await(MessageCase.CHUNK, m -> lastPosition(m) == 2);
    first.cut();
    run.token(3);

    FakeScheduler.Session second = scheduler.session();
    RunningAttempt running = second.stateWhere(s -> s.getRunningCount() == 1).getRunning(0);
    assertThat(running.getNextPosition()).isEqualTo(3);
    assertThat(second.isQuiet(Duration.ofMillis(300))).as("waits to be adopted").isTrue();
    second.send(flow(assignment, 64, 1));
    SessionRequest again = second.output();
    assertThat(again.getChunk().getChunk().getFirstPosition()).isEqualTo(1);
    // In the slices it came in before: a reader further on may have the first of them.
    assertThat(tokens(again)).containsExactly(2);
    assertThat(tokens(second.output())).containsExactly(3);
    run.finish(FinishReason.STOP);
    assertThat(receipt(second).outputTokens()).isEqualTo(3);
  }

  @Test
  void anUnacknowledgedResultIsRepeatedAfterAReconnect() throws Exception {
    FakeScheduler.Session first = scheduler.session();
    Assignment assignment = assign(first);
    FakeEngine.Run run = engine.run();
    run.token(1);
    run.finish(FinishReason.STOP);
    AttemptResult result = first.await(MessageCase.RESULT, m -> true).getResult();
    first.cut();

    FakeScheduler.Session second = scheduler.session();
    second.send(flow(assignment, 64, 0));
    assertThat(tokens(second.output())).containsExactly(1);
    assertThat(second.output().getResult()).isEqualTo(result);
  }

  @Test
  void anUnacknowledgedResultAndItsOpeningSurviveAKill() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    Assignment assignment = assign(session);
    FakeEngine.Run run = engine.run();
    run.token(41);
    run.finish(FinishReason.STOP);
    AttemptResult result = session.await(MessageCase.RESULT, m -> true).getResult();
    agent.close();

    engine = new FakeEngine();
    agent = agent(TestJobs.DOMAIN, List.of(scheduler.target()));
    agent.start();
    FakeScheduler.Session next = scheduler.session();
    assertThat(next.output().getResult()).isEqualTo(result);
    acknowledge(next, assignment);

    ReceiptHash hash =
        ReceiptCodec.fromWire(result.getReceipt()).receipt().statement().hash(TestJobs.DOMAIN);
    next.send(
        SessionResponse.newBuilder()
            .setOpen(OpenCall.newBuilder().setCall(9).setReceiptHash(Wire.bytes(hash))));
    Opening opening = next.await(MessageCase.OPENED, m -> true).getOpened().getOpening();
    assertThat(opening.getTokenIdsList()).containsExactly(41);
    assertThat(opening.getPrompt()).isEqualTo(assignment.getPrompt());

    Assignment another = assign(next);
    FakeEngine.Run second = engine.run();
    second.token(42);
    second.finish(FinishReason.STOP);
    assertThat(receipt(next).previousReceipt()).isEqualTo(hash.hash());
    acknowledge(next, another);
  }

  @Test
  void anUnknownReceiptCannotBeOpened() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    session.send(
        SessionResponse.newBuilder()
            .setOpen(OpenCall.newBuilder().setCall(3).setReceiptHash(Wire.bytes(Hash.ZERO))));
    var reply = session.await(MessageCase.OPENED, m -> true).getOpened();
    assertThat(reply.getCall()).isEqualTo(3);
    assertThat(reply.getFailure().getCode()).isEqualTo(ErrorCode.ERROR_CODE_NOT_FOUND);
  }

  @Test
  void theWindowReachesTheEngine() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    Assignment assignment = assign(session);
    FakeEngine.Run run = engine.run();
    assertThat(run.request().allowUntil()).isEqualTo(64);
    session.send(
        SessionResponse.newBuilder()
            .setFlow(
                Flow.newBuilder()
                    .setJobId(assignment.getJobId())
                    .setAttempt(1)
                    .setAllowUntil(128)));
    // Messages are handled in order: when the reply comes, the window was moved.
    session.send(
        SessionResponse.newBuilder()
            .setOpen(OpenCall.newBuilder().setCall(1).setReceiptHash(Wire.bytes(Hash.ZERO))));
    session.await(MessageCase.OPENED, m -> true);
    assertThat(run.allowedUntil()).isEqualTo(128);
  }

  @Test
  void assignmentsBeyondTheSlotsAreRefused() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    assign(session);
    assign(session);
    session.stateWhere(s -> s.getFreeSlots() == 0);
    assign(session);
    assertThat(session.output().getResult().getFailure().getCode())
        .isEqualTo(ErrorCode.ERROR_CODE_RATE_LIMITED);
  }

  @Test
  void aLeaseThatIsNotRenewedEndsTheAttempt() throws Exception {
    agent.close();
    try (FakeScheduler strict = new FakeScheduler(TestJobs.DOMAIN, Duration.ofMillis(900))) {
      engine = new FakeEngine();
      agent = agent(TestJobs.DOMAIN, List.of(strict.target()));
      agent.start();
      FakeScheduler.Session session = strict.session();
      Assignment assignment = assign(session);
      FakeEngine.Run run = engine.run();
      run.token(1);
      session.output();
      // Heard of, but never renewed.
      run.awaitCancel();
      run.token(2);
      run.finish(FinishReason.CANCELLED);
      FakeScheduler.Session next = reconnected(strict, session);
      assertThat(next.isQuiet(Duration.ofMillis(300))).as("no chunk, no result").isTrue();
      // What was delivered can still be billed, exactly up to where another attempt took over.
      CancelAttempt.Builder cut =
          cancel(assignment).getCancel().toBuilder().setReceiptWanted(true).setReceiptUntil(1);
      next.send(SessionResponse.newBuilder().setCancel(cut));
      assertThat(receipt(next).outputTokens()).isEqualTo(1);
    }
  }

  @Test
  void renewalsKeepTheLease() throws Exception {
    agent.close();
    try (FakeScheduler strict = new FakeScheduler(TestJobs.DOMAIN, Duration.ofMillis(900))) {
      engine = new FakeEngine();
      agent = agent(TestJobs.DOMAIN, List.of(strict.target()));
      agent.start();
      FakeScheduler.Session session = strict.session();
      assign(session);
      FakeEngine.Run run = engine.run();
      long until = System.nanoTime() + Duration.ofMillis(2000).toNanos();
      while (System.nanoTime() < until) {
        session.state();
        session.send(SessionResponse.newBuilder().setRenewal(LeaseRenewal.newBuilder()));
      }
      run.token(1);
      run.finish(FinishReason.STOP);
      session.await(MessageCase.RESULT, m -> m.getResult().hasReceipt());
    }
  }

  @Test
  void scoresAreSignedOverWhatWasMeasured() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    Opening opening =
        Opening.newBuilder()
            .setReceiptHash(Wire.bytes(Hash.fromHex("42".repeat(32))))
            .setPrompt(jobs.assignment(SignedOffer.getDefaultInstance()).getPrompt())
            .setSampling(jobs.assignment(SignedOffer.getDefaultInstance()).getSampling())
            .addTokenIds(4)
            .addLogprobs(10)
            .build();
    session.send(
        SessionResponse.newBuilder()
            .setScore(
                ScoreCall.newBuilder()
                    .setCall(5)
                    .setModelId(Wire.bytes(TestJobs.MODEL.id()))
                    .setOpening(opening)));
    Scores scores = session.await(MessageCase.SCORED, m -> true).getScored().getScores();
    ScoreReport report =
        new ScoreReport(
            Wire.receiptHash(scores.getReceiptHash()),
            node.address(),
            io.dgrid.core.fingerprint.Fingerprint.scoresHash(
                Wire.ints(scores.getLogprobsList()), Wire.ints(scores.getRedrawnList())),
            scores.getScoredAt());
    assertThat(
            new Signed<>(report, Wire.signature(scores.getSignature(), "signature"))
                .isBy(node.address(), TestJobs.DOMAIN))
        .isTrue();
    assertThat(scores.getSurprisalExcess()).isEqualTo(0.5);
  }

  @Test
  void drainingHandsOverWhatDoesNotFinishInTime() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    assign(session);
    FakeEngine.Run run = engine.run();
    run.token(1);
    session.output();
    Thread drain = Thread.ofVirtual().start(() -> agent.drain(Duration.ofMillis(200)));
    session.stateWhere(s -> s.getDraining() && s.getFreeSlots() == 0 && s.getOffersCount() == 0);
    run.awaitCancel();
    run.finish(FinishReason.CANCELLED);
    AttemptResult result = session.await(MessageCase.RESULT, m -> true).getResult();
    assertThat(result.getReceipt().getReceipt().getFinishReason()).isEqualTo(4);
    assertThat(result.getInterruption().getRetryable()).isTrue();
    drain.join();
    assertThat(agent.isReady()).isFalse();
  }

  @Test
  void receiptsOfConcurrentAttemptsFormOneChain() throws Exception {
    FakeScheduler.Session session = scheduler.session();
    List<Receipt> receipts = new ArrayList<>();
    for (int round = 0; round < 10; round++) {
      Assignment one = assign(session);
      Assignment two = assign(session);
      FakeEngine.Run first = engine.run();
      FakeEngine.Run second = engine.run();
      first.token(1);
      second.token(2);
      Thread.ofVirtual().start(() -> first.finish(FinishReason.STOP));
      second.finish(FinishReason.STOP);
      receipts.add(receipt(session));
      receipts.add(receipt(session));
      acknowledge(session, one);
      acknowledge(session, two);
      session.stateWhere(s -> s.getFreeSlots() == 2 && s.getRunningCount() == 0);
    }
    assertThat(receipts.stream().map(Receipt::previousReceipt)).doesNotHaveDuplicates();
    List<Hash> hashes = receipts.stream().map(r -> r.hash(TestJobs.DOMAIN).hash()).toList();
    assertThat(receipts.stream().map(Receipt::previousReceipt).filter(h -> !h.isZero()))
        .allMatch(hashes::contains);
  }

  private WorkerAgent agent(Domain domain, List<String> schedulers) throws IOException {
    WorkerAgent.Settings settings =
        new WorkerAgent.Settings(
            schedulers,
            TestJobs.PRICING,
            2,
            Duration.ofSeconds(60),
            Duration.ofSeconds(20),
            true,
            4,
            Duration.ofSeconds(10));
    ReceiptJournal journal =
        ReceiptJournal.open(
            directory.resolve("receipts"),
            node.address(),
            new JournalLimits(Duration.ofDays(7), 1 << 20, 1 << 16),
            InstantSource.system());
    return new WorkerAgent(
        new WorkerAgent.Parts(
            settings,
            domain,
            node,
            TestJobs.MODEL,
            engine,
            journal,
            new WorkerMetrics(new SimpleMeterRegistry(), "test/model", "fake"),
            JobTracer.off(),
            "w1",
            "",
            "test"),
        InstantSource.system());
  }

  private FakeScheduler.Session reconnected(FakeScheduler at, FakeScheduler.Session old)
      throws InterruptedException {
    old.cut();
    return at.session();
  }

  private Assignment assign(FakeScheduler.Session session, int... delivered)
      throws InterruptedException {
    Assignment assignment = jobs.assignment(offer(session), delivered).build();
    session.send(SessionResponse.newBuilder().setAssign(assignment));
    return assignment;
  }

  private SignedOffer offer(FakeScheduler.Session session) throws InterruptedException {
    return session.stateWhere(s -> s.getOffersCount() == 1).getOffers(0);
  }

  private static void acknowledge(FakeScheduler.Session session, Assignment assignment) {
    session.send(
        SessionResponse.newBuilder()
            .setAck(
                ResultAck.newBuilder()
                    .setJobId(assignment.getJobId())
                    .setAttempt(assignment.getAttempt())));
  }

  private static SessionResponse.Builder cancel(Assignment assignment) {
    return SessionResponse.newBuilder()
        .setCancel(
            CancelAttempt.newBuilder()
                .setJobId(assignment.getJobId())
                .setAttempt(assignment.getAttempt())
                .setReason("test"));
  }

  private static SessionResponse.Builder flow(Assignment assignment, int until, int from) {
    return SessionResponse.newBuilder()
        .setFlow(
            Flow.newBuilder()
                .setJobId(assignment.getJobId())
                .setAttempt(assignment.getAttempt())
                .setAllowUntil(until)
                .setResendFrom(from));
  }

  private static List<Integer> tokens(SessionRequest message) {
    return message.getChunk().getChunk().getTokenIdsList();
  }

  private static int lastPosition(SessionRequest message) {
    var chunk = message.getChunk().getChunk();
    return chunk.getFirstPosition() + chunk.getTokenIdsCount();
  }

  private static Receipt receipt(FakeScheduler.Session session) throws InterruptedException {
    AttemptResult result = session.await(MessageCase.RESULT, m -> true).getResult();
    assertThat(result.hasReceipt()).as(result.toString()).isTrue();
    return ReceiptCodec.fromWire(result.getReceipt()).receipt().statement();
  }
}
