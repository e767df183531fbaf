package io.dgrid.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.placement.Placement;
import io.dgrid.core.receipt.AccountRead;
import io.dgrid.core.receipt.Signed;
import io.dgrid.edge.job.EdgeUnderTest;
import io.dgrid.edge.ledger.Balances;
import io.dgrid.edge.ledger.LedgerRepository;
import io.dgrid.proto.job.v1.CancelRequest;
import io.dgrid.proto.job.v1.GetRequest;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobEvent.EventCase;
import io.dgrid.proto.job.v1.JobServiceGrpc;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.proto.job.v1.ResumeRequest;
import io.dgrid.proto.job.v1.SubmitRequest;
import io.dgrid.proto.job.v1.SubmitResponse;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.proto.market.v1.AccountProof;
import io.dgrid.proto.market.v1.AccountServiceGrpc;
import io.dgrid.proto.market.v1.GetBalanceRequest;
import io.dgrid.proto.market.v1.GetBalanceResponse;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.StatusCodec;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The edge between a real broker, a real database and a fake scheduler. */
@QuarkusTest
@QuarkusTestResource(TestNetwork.class)
class EdgeIT {
  private static final int PARTITIONS = 8;
  private static final TokenAmount DEPOSIT = TokenAmount.of(1_000_000);

  @Inject Database database;
  @Inject LedgerRepository ledger;
  @Inject EdgeUnderTest edge;

  private final SigningKey client = SigningKey.random();
  private final FakeScheduler scheduler = TestNetwork.scheduler();
  private ManagedChannel channel;

  @BeforeEach
  void connect() {
    channel = Channels.to(TestNetwork.grpc());
    scheduler.reset();
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  @Test
  void acceptedJobStreamsItsAnswerAndIsCharged() {
    deposit(DEPOSIT);
    List<JobEvent> events = submit(TestClient.request(client).build().build());

    assertThat(events.getFirst().getEventCase()).isEqualTo(EventCase.ACCEPTED);
    assertThat(events.getLast().getEventCase()).isEqualTo(EventCase.COMPLETED);
    assertThat(text(events)).isEqualTo("w0 w1 w2 w3 w4 ");
    TokenAmount amount = TokenAmount.parse(events.getLast().getCompleted().getAmount());
    // At the moment the client reads the end, not later.
    GetBalanceResponse balance = balance();
    assertThat(balance.getCharged()).isEqualTo(amount.toString());
    assertThat(balance.getUnconfirmed()).isEqualTo(amount.toString());
    assertThat(balance.getHeld()).isEqualTo("0");
    assertThat(balance.getAvailable()).isEqualTo(DEPOSIT.minus(amount).toString());
    assertThat(balance.getDeposited()).isEqualTo(DEPOSIT.toString());
    var job =
        jobs().get(GetRequest.newBuilder().setJobId(events.getFirst().getJobId()).build()).getJob();
    assertThat(job.getState()).isEqualTo(JobState.JOB_STATE_SUCCEEDED);
    assertThat(job.getReceiptsCount()).isEqualTo(1);
  }

  @Test
  void jobIsInThePartitionOfItsShard() throws InterruptedException {
    deposit(DEPOSIT);
    for (int i = 0; i < 4; i++) {
      submit(TestClient.request(client).build().build());

      SubmittedJob job = scheduler.taken.poll(10, TimeUnit.SECONDS);
      assertThat(job.getShard())
          .isEqualTo(Placement.shard(Wire.jobId(job.getJobId()), FakeScheduler.SPREAD));
      assertThat(scheduler.partitions.get(job.getJobId()))
          .isEqualTo(
              new Placement(PARTITIONS)
                  .partition(
                      Wire.modelId(job.getRequest().getRequest().getModelId()), job.getShard()));
    }
  }

  @Test
  void endInTheLogAloneEndsTheStream() {
    deposit(DEPOSIT);
    scheduler.tellsRelayTheEnd = false;
    List<JobEvent> events = submit(TestClient.request(client).build().build());
    assertThat(events.getLast().getEventCase()).isEqualTo(EventCase.COMPLETED);
  }

  @Test
  void schedulerThatDiesRightAfterTheEndIsInTheLogLosesNothing() {
    deposit(DEPOSIT);
    scheduler.answerTokens = 10;
    scheduler.diesAt = 4;
    scheduler.confirmed = 3;

    List<JobEvent> events = submit(TestClient.request(client).build().build());

    assertThat(positions(events)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(text(events)).isEqualTo("w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 ");
    assertThat(events.getLast().getEventCase()).isEqualTo(EventCase.COMPLETED);
    List<JobEvent> again = new ArrayList<>();
    jobs()
        .resume(
            ResumeRequest.newBuilder()
                .setJobId(events.getFirst().getJobId())
                .setNextSequence(2)
                .build())
        .forEachRemaining(response -> again.add(response.getEvent()));
    assertThat(positions(again)).containsExactly(2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(again.getLast()).isEqualTo(events.getLast());
  }

  @Test
  void answerWhoseEndNobodyHasIsNotCalledWhole() {
    deposit(DEPOSIT);
    scheduler.answerTokens = 10;
    scheduler.diesAt = 4;
    scheduler.confirmed = 5;

    List<JobEvent> events = submit(TestClient.request(client).build().build());

    assertThat(positions(events)).containsExactly(0, 1, 2, 3);
    assertThat(events.getLast().getFailed().getFailure().getMessage())
        .isEqualTo("the last 6 tokens of the answer were lost on their way");
    assertThat(events.getLast().getFailed().getUsage().getOutputTokens()).isEqualTo(10);
  }

  @Test
  void everyBadRequestHasItsCodeAndChangesNothing() {
    deposit(DEPOSIT);
    SigningKey stranger = SigningKey.random();
    refuses(ErrorCode.INVALID_SIGNATURE, c -> c.signer = stranger);
    refuses(ErrorCode.UNKNOWN_MODEL, c -> c.model = new ModelId(new Hash(9, 9, 9, 9)));
    refuses(
        ErrorCode.EMPTY_PROMPT,
        c -> c.prompt = io.dgrid.proto.job.v1.Prompt.newBuilder().setText("").build());
    refuses(
        ErrorCode.CONTEXT_EXCEEDED,
        c ->
            c.prompt =
                io.dgrid.proto.job.v1.Prompt.newBuilder().setText("a b ".repeat(900)).build());
    refuses(ErrorCode.REQUEST_EXPIRED, c -> c.expiry = System.currentTimeMillis() - 5);
    DGridException price = refuses(ErrorCode.PRICE_TOO_LOW, c -> c.maxPrice = Price.of(1_999_999));
    assertThat(price.metadata()).containsEntry("cheapest", "2000000");
    DGridException credit =
        refuses(ErrorCode.INSUFFICIENT_CREDIT, c -> c.maxPrice = Price.of(1_000_000_000_000L));
    assertThat(credit.metadata()).containsKeys("required", "available", "missing");
    assertThat(credit.metadata()).containsEntry("available", DEPOSIT.toString());

    assertThat(balances().available()).isEqualTo(DEPOSIT);
    assertThat(balances().held()).isEqualTo(TokenAmount.ZERO);
    assertThat(rows("SELECT count(*) FROM edge.used_nonce WHERE client = :client")).isZero();
    assertThat(rows("SELECT count(*) FROM edge.job WHERE client = :client")).isZero();
    assertThat(scheduler.taken).isEmpty();
  }

  @Test
  void replayedNonceIsRefused() {
    deposit(DEPOSIT);
    SubmitRequest request = TestClient.request(client).build().build();
    submit(request);
    assertThat(codeOf(request)).isEqualTo(ErrorCode.NONCE_REPLAYED);
    assertThat(rows("SELECT count(*) FROM edge.job WHERE client = :client")).isEqualTo(1);
  }

  @Test
  void repeatedIdempotencyKeyIsTheSameJobAndAnotherRequestAConflict() {
    deposit(DEPOSIT);
    TestClient question = TestClient.request(client);
    question.idempotencyKey = "key-1";
    SubmitRequest request = question.build().build();
    List<JobEvent> first = submit(request);
    List<JobEvent> second = submit(request);
    assertThat(text(second)).isEqualTo(text(first));
    assertThat(second.getLast()).isEqualTo(first.getLast());
    assertThat(scheduler.taken).hasSize(1);

    TestClient other = TestClient.request(client);
    other.idempotencyKey = "key-1";
    assertThat(codeOf(other.build().build())).isEqualTo(ErrorCode.IDEMPOTENCY_CONFLICT);
  }

  @Test
  void unconfirmedReceiptsStopFurtherJobs() {
    deposit(DEPOSIT);
    for (int i = 0; i < 4; i++) {
      submit(TestClient.request(client).build().build());
    }
    assertThat(codeOf(TestClient.request(client).build().build()))
        .isEqualTo(ErrorCode.VOUCHER_OUTSTANDING);
  }

  @Test
  void resumeContinuesAtThePosition() {
    deposit(DEPOSIT);
    scheduler.answerTokens = 10;
    scheduler.holdAt = 4;
    Iterator<SubmitResponse> stream = jobs().submit(TestClient.request(client).build().build());
    JobEvent last = stream.next().getEvent();
    while (!(last.hasChunk() && last.getChunk().getFirstPosition() == 3)) {
      last = stream.next().getEvent();
    }
    // The connection breaks, it is not cancelled: the job waits.
    channel.shutdownNow();
    channel = Channels.to(TestNetwork.grpc());
    scheduler.holdAt = Integer.MAX_VALUE;

    List<JobEvent> rest = new ArrayList<>();
    jobs()
        .resume(ResumeRequest.newBuilder().setJobId(last.getJobId()).setNextSequence(4).build())
        .forEachRemaining(response -> rest.add(response.getEvent()));
    assertThat(rest.getFirst().getEventCase()).isEqualTo(EventCase.ACCEPTED);
    assertThat(text(rest)).isEqualTo("w4 w5 w6 w7 w8 w9 ");
    assertThat(rest.getLast().getEventCase()).isEqualTo(EventCase.COMPLETED);
  }

  @Test
  void streamOfAStoppingEdgeIsToldToResumeAndLosesNothing() {
    deposit(DEPOSIT);
    scheduler.answerTokens = 10;
    scheduler.holdAt = 4;
    Iterator<SubmitResponse> stream = jobs().submit(TestClient.request(client).build().build());
    JobEvent last = stream.next().getEvent();
    while (!(last.hasChunk() && last.getChunk().getFirstPosition() == 3)) {
      last = stream.next().getEvent();
    }
    scheduler.commands.clear();
    edge.abortsStreams();

    StatusRuntimeException told =
        org.junit.jupiter.api.Assertions.assertThrows(StatusRuntimeException.class, stream::next);
    assertThat(told.getStatus().getCode()).isEqualTo(io.grpc.Status.Code.UNAVAILABLE);
    DGridException failure = StatusCodec.fromStatus(told);
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure.retryable()).isTrue();
    assertThat(failure.metadata()).containsEntry("retry_after_ms", "0");
    assertThat(balances().held()).as("held until the end").isNotEqualTo(TokenAmount.ZERO);

    scheduler.holdAt = Integer.MAX_VALUE;
    List<JobEvent> rest = new ArrayList<>();
    jobs()
        .resume(ResumeRequest.newBuilder().setJobId(last.getJobId()).setNextSequence(4).build())
        .forEachRemaining(response -> rest.add(response.getEvent()));
    assertThat(text(rest)).isEqualTo("w4 w5 w6 w7 w8 w9 ");
    assertThat(rest.getLast().getEventCase()).isEqualTo(EventCase.COMPLETED);
    assertThat(scheduler.commands).noneMatch(RelayResponse::hasCancel);
    assertThat(balances().held()).isEqualTo(TokenAmount.ZERO);
  }

  @Test
  void cancelledCallCancelsTheJobAtOnce() throws InterruptedException {
    deposit(DEPOSIT);
    scheduler.holdAt = 2;
    long cancelledAt;
    try (Context.CancellableContext call = Context.current().withCancellation()) {
      Context previous = call.attach();
      try {
        Iterator<SubmitResponse> stream = jobs().submit(TestClient.request(client).build().build());
        while (!stream.next().getEvent().hasChunk()) {}
      } finally {
        call.detach(previous);
      }
      scheduler.commands.clear();
      cancelledAt = System.nanoTime();
      call.cancel(null);
    }
    RelayResponse command = scheduler.commands.poll(5, TimeUnit.SECONDS);
    long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - cancelledAt);
    assertThat(command).isNotNull();
    assertThat(command.getCancel().getReason()).isEqualTo("client gone");
    // Less than the grace for broken connections: the cancel was seen as one.
    assertThat(took).isLessThan(450);
  }

  @Test
  void cancelBillsWhatWasDelivered() {
    deposit(DEPOSIT);
    scheduler.holdAt = 3;
    Iterator<SubmitResponse> stream = jobs().submit(TestClient.request(client).build().build());
    JobEvent event = stream.next().getEvent();
    while (!(event.hasChunk() && event.getChunk().getFirstPosition() == 2)) {
      event = stream.next().getEvent();
    }
    jobs().cancel(CancelRequest.newBuilder().setJobId(event.getJobId()).build());
    JobEvent end = stream.next().getEvent();
    assertThat(end.getFailed().getState()).isEqualTo(JobState.JOB_STATE_CANCELLED);
    assertThat(end.getFailed().getUsage().getOutputTokens()).isEqualTo(3);
    assertThat(balances().charged()).isEqualTo(TokenAmount.parse(end.getFailed().getAmount()));
    assertThat(balances().held()).isEqualTo(TokenAmount.ZERO);
  }

  @Test
  void unknownJobsAreNotFound() {
    var nobody = Wire.bytes(new Hash(1, 1, 1, 1));
    assertThat(codeOf(() -> jobs().get(GetRequest.newBuilder().setJobId(nobody).build())))
        .isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(codeOf(() -> jobs().cancel(CancelRequest.newBuilder().setJobId(nobody).build())))
        .isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(
            codeOf(
                () -> jobs().resume(ResumeRequest.newBuilder().setJobId(nobody).build()).hasNext()))
        .isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(codeOf(() -> jobs().get(GetRequest.getDefaultInstance())))
        .isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  @Test
  void balanceNeedsTheClientsOwnSignature() {
    long until = System.currentTimeMillis() + 60_000;
    AccountProof forged =
        AccountProof.newBuilder()
            .setClient(Wire.bytes(client.address()))
            .setValidBefore(until)
            .setSignature(
                Wire.bytes(
                    Signed.by(
                            SigningKey.random(),
                            TestNetwork.DOMAIN,
                            new AccountRead(client.address(), until))
                        .signature()))
            .build();
    assertThat(
            codeOf(
                () ->
                    AccountServiceGrpc.newBlockingStub(channel)
                        .getBalance(GetBalanceRequest.newBuilder().setProof(forged).build())))
        .isEqualTo(ErrorCode.INVALID_SIGNATURE);
  }

  private JobServiceGrpc.JobServiceBlockingStub jobs() {
    return JobServiceGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  private List<JobEvent> submit(SubmitRequest request) {
    List<JobEvent> events = new ArrayList<>();
    jobs().submit(request).forEachRemaining(response -> events.add(response.getEvent()));
    return events;
  }

  private DGridException refuses(ErrorCode code, Consumer<TestClient> change) {
    TestClient question = TestClient.request(client);
    change.accept(question);
    DGridException failure = failureOf(() -> submit(question.build().build()));
    assertThat(failure.code()).as(failure.getMessage()).isEqualTo(code);
    return failure;
  }

  private ErrorCode codeOf(SubmitRequest request) {
    return codeOf(() -> submit(request));
  }

  private static ErrorCode codeOf(Runnable call) {
    return failureOf(call).code();
  }

  private static DGridException failureOf(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException refused) {
      return StatusCodec.fromStatus(refused);
    }
    throw new AssertionError("the call was not refused");
  }

  private GetBalanceResponse balance() {
    long until = System.currentTimeMillis() + 60_000;
    AccountRead read = new AccountRead(client.address(), until);
    return AccountServiceGrpc.newBlockingStub(channel)
        .getBalance(
            GetBalanceRequest.newBuilder()
                .setProof(
                    AccountProof.newBuilder()
                        .setClient(Wire.bytes(client.address()))
                        .setValidBefore(until)
                        .setSignature(
                            Wire.bytes(Signed.by(client, TestNetwork.DOMAIN, read).signature())))
                .build());
  }

  private Balances balances() {
    return database
        .inTransaction(session -> ledger.read(session, client.address()))
        .await()
        .atMost(Duration.ofSeconds(30));
  }

  private long rows(String count) {
    return database
        .inTransaction(
            session ->
                session
                    .createNativeQuery(count, Long.class)
                    .setParameter("client", client.address().toString())
                    .getSingleResult())
        .await()
        .atMost(Duration.ofSeconds(30));
  }

  private void deposit(TokenAmount amount) {
    database
        .inTransaction(
            session ->
                ledger.deposit(session, client.address(), UUID.randomUUID().toString(), amount))
        .await()
        .atMost(Duration.ofSeconds(30));
  }

  private static List<Integer> positions(List<JobEvent> events) {
    return events.stream()
        .filter(JobEvent::hasChunk)
        .map(event -> event.getChunk().getFirstPosition())
        .toList();
  }

  private static String text(List<JobEvent> events) {
    StringBuilder text = new StringBuilder();
    events.stream().filter(JobEvent::hasChunk).forEach(e -> text.append(e.getChunk().getText()));
    return text.toString();
  }
}
