package io.dgrid.scheduler.peer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.receipt.v1.JobRequest;
import io.dgrid.proto.receipt.v1.SignedJobRequest;
import io.dgrid.proto.worker.v1.Assignment;
import io.dgrid.proto.worker.v1.AttemptChunk;
import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.proto.worker.v1.CancelAttempt;
import io.dgrid.proto.worker.v1.ForwardRequest;
import io.dgrid.proto.worker.v1.ForwardResponse;
import io.dgrid.proto.worker.v1.Granting;
import io.dgrid.proto.worker.v1.LeaseRenewal;
import io.dgrid.proto.worker.v1.ResultAck;
import io.dgrid.proto.worker.v1.RunningAttempt;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.proto.worker.v1.Superseded;
import io.dgrid.proto.worker.v1.Waiting;
import io.dgrid.proto.worker.v1.WorkerState;
import io.dgrid.scheduler.dispatch.Heard;
import io.dgrid.scheduler.dispatch.WireChunk;
import io.dgrid.scheduler.dispatch.WorkerReport;
import io.dgrid.scheduler.fixture.FakeSession;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.job.Result;
import io.dgrid.transport.codec.Wire;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CrossingTest {
  private static final String NORTH = "10.0.0.1:9100";
  private static final String SOUTH = "10.0.0.2:9100";
  private static final ModelId HERE = new ModelId(Jobs.hash("here"));
  private static final ModelId FAR = new ModelId(Jobs.hash("far"));
  private static final JobId JOB = new JobId(Jobs.hash("job"));
  private static final JobId OTHER = new JobId(Jobs.hash("other"));
  private static final int NEAR = 0;
  private static final int AFAR = 1;
  private static final int FARTHER = 2;
  private static final Duration FIRST_REFUSAL = Duration.ofMillis(250);
  private static final SigningKey KEY = SigningKey.random();

  private final FakeSurroundings around = new FakeSurroundings();
  private final FakeSession session = new FakeSession();
  private final Crossing crossing = new Crossing(session, around, FIRST_REFUSAL);
  private FakeSurroundings.FakeLink north;
  private FakeSurroundings.FakeLink south;
  private int taken;

  @BeforeEach
  void layOut() {
    around.partitions.put(HERE, List.of(NEAR));
    around.partitions.put(FAR, List.of(AFAR));
  }

  @Test
  void onlyOwnersElsewhereOfWhatTheWorkerOffersGetAStream() {
    around.owners.put(AFAR, NORTH);

    states(1, List.of(HERE, FAR));

    assertThat(around.links).extracting(OwnerLink::owner).containsExactly(NORTH);
    assertThat(around.here).hasSize(1);
  }

  @Test
  void workerConcernsOwnersOfWhatItOffersAndRuns() {
    states(1, List.of(HERE), running(JOB, FAR));

    assertThat(crossing.concerns(Set.of(NEAR))).isTrue();
    assertThat(crossing.concerns(Set.of(AFAR, FARTHER))).isTrue();
    assertThat(crossing.concerns(Set.of(FARTHER))).isFalse();
  }

  @Test
  void freshStreamIntroducesTheWorkerAndRepeatsItsNewestState() {
    around.owners.put(AFAR, NORTH);
    states(1, List.of(FAR));
    SessionRequest newest = states(2, List.of(FAR));

    List<ForwardRequest> frames = around.link(NORTH).open().frames;

    assertThat(frames.getFirst().getIntroduction().getNode())
        .isEqualTo(Wire.bytes(FakeSession.NODE));
    assertThat(frames.getFirst().getIntroduction().getHardware()).isEqualTo("abacus");
    assertThat(frames.subList(1, frames.size()))
        .extracting(ForwardRequest::getMessage)
        .containsExactly(newest);
  }

  @Test
  void chunkGoesToTheOwnerOfItsJobAndNowhereElse() {
    northOwnsFar(2, List.of(HERE, FAR));
    assign(north, JOB, FAR);
    crossing.send(assignment(OTHER, HERE));
    around.here.clear();
    north.frames.clear();

    chunk(JOB);
    chunk(OTHER);

    assertThat(north.frames)
        .singleElement()
        .satisfies(f -> assertThat(job(f.getMessage())).isEqualTo(JOB));
    assertThat(around.here)
        .singleElement()
        .satisfies(heard -> assertThat(((Heard.Piece) heard).job()).isEqualTo(OTHER));
  }

  @Test
  void runningAttemptNamesItsOwnerToAGatewayThatNeverSawItsAssignment() {
    northOwnsFar(0, List.of(), running(JOB, FAR));
    north.frames.clear();

    chunk(JOB);

    assertThat(north.frames).hasSize(1);
  }

  @Test
  void workerIsNotReadWhileItsOwnerIsBehind() {
    northOwnsFar(1, List.of(FAR));
    taken = 0;
    north.busy = true;

    chunk(JOB);

    assertThat(taken).isZero();
    north.heldBack.forEach(Runnable::run);
    assertThat(taken).isOne();
  }

  @Test
  void resultIsRepeatedToANewOwnerUntilItIsAcknowledged() {
    northOwnsFar(1, List.of(FAR));
    failure(JOB, 3);

    around.owners.put(AFAR, SOUTH);
    crossing.align();

    assertThat(around.links.getFirst().closed).isTrue();
    south = around.link(SOUTH).open();
    assertThat(results(south)).hasSize(1);
    assertThat(south.frames.getLast().getModelId()).isEqualTo(Wire.bytes(FAR));
    ack(south, JOB, 3);
    assertThat(results(south.open())).isEmpty();
  }

  @Test
  void resultOfAModelThatCameHereIsToldToTheJobsHere() {
    northOwnsFar(1, List.of(FAR));
    failure(JOB, 1);
    around.here.clear();

    around.owners.clear();
    crossing.align();

    assertThat(around.here)
        .singleElement()
        .satisfies(
            heard -> assertThat(((Heard.Outcome) heard).model()).isEqualTo(Optional.of(FAR)));
  }

  @Test
  void openStreamHearsOfAModelThatMovedToItsOwner() {
    northOwnsFar(1, List.of(HERE, FAR));
    north.frames.clear();

    around.owners.put(NEAR, NORTH);
    crossing.align();

    assertThat(north.frames).singleElement().matches(frame -> frame.getMessage().hasState());
    assertThat(around.links).hasSize(1);
  }

  @Test
  void secondOwnerOfOneSlotIsDeclinedAndTheWorkerHearsNothing() {
    northOwnsFar(1, List.of(HERE, FAR));
    crossing.send(assignment(OTHER, HERE));
    north.frames.clear();

    assign(north, JOB, FAR);

    assertThat(session.told).hasSize(1);
    assertThat(around.declined).isOne();
    AttemptResult result = results(north).getFirst();
    assertThat(Wire.jobId(result.getJobId())).isEqualTo(JOB);
    assertThat(result.getFailure().getCode())
        .isEqualTo(io.dgrid.proto.common.v1.ErrorCode.ERROR_CODE_RATE_LIMITED);
  }

  @Test
  void jobHereIsDeclinedTooWhenAnotherOwnerWasFirst() {
    around.owners.put(AFAR, NORTH);
    states(1, List.of(HERE, FAR));
    assign(around.link(NORTH).open(), JOB, FAR);
    around.here.clear();

    assertThat(crossing.send(assignment(OTHER, HERE))).isTrue();

    assertThat(session.told).hasSize(1);
    assertThat(around.here)
        .singleElement()
        .satisfies(
            heard ->
                assertThat(((Heard.Outcome) heard).result()).isInstanceOf(Result.Declined.class));
  }

  @Test
  void slotIsFreeAgainOnceTheAttemptIsStatedOrOver() {
    northOwnsFar(1, List.of(FAR));
    assign(north, JOB, FAR);

    states(1, List.of(FAR), running(JOB, FAR));
    assign(north, OTHER, FAR);
    cancel(north, OTHER);
    assign(north, new JobId(Jobs.hash("third")), FAR);

    assertThat(around.declined).isZero();
  }

  @Test
  void ownerElsewhereNeitherRenewsNorAsks() {
    northOwnsFar(1, List.of(FAR));

    says(north, SessionResponse.newBuilder().setRenewal(LeaseRenewal.getDefaultInstance()).build());

    assertThat(session.told).isEmpty();
  }

  @Test
  void supersededSessionEnds() {
    northOwnsFar(1, List.of(FAR));

    north.listener.said(
        north, ForwardResponse.newBuilder().setSuperseded(Superseded.getDefaultInstance()).build());

    assertThat(session.over).isTrue();
  }

  @Test
  void brokenStreamMakesTheOwnersDoubtful() {
    around.owners.put(AFAR, NORTH);
    states(1, List.of(FAR));

    around.link(NORTH).listener.lost(around.link(NORTH));

    assertThat(around.doubts).isOne();
  }

  @Test
  void ownersOfAllPartitionsOfASpreadModelHearOfTheWorker() {
    around.partitions.put(FAR, List.of(NEAR, AFAR, FARTHER));
    around.owners.put(AFAR, NORTH);
    around.owners.put(FARTHER, SOUTH);

    states(1, List.of(FAR));

    assertThat(around.links).extracting(OwnerLink::owner).containsExactlyInAnyOrder(NORTH, SOUTH);
    assertThat(around.here).hasSize(1);
  }

  @Test
  void chunkGoesToTheOwnerOfThePartitionThatTheAssignmentNamed() {
    bothOwnFar(2);
    says(south, assignment(JOB, FAR, FARTHER));
    says(north, assignment(OTHER, FAR, AFAR));
    north.frames.clear();
    south.frames.clear();

    chunk(JOB);
    chunk(OTHER);

    assertThat(south.frames).singleElement().matches(f -> job(f.getMessage()).equals(JOB));
    assertThat(north.frames).singleElement().matches(f -> job(f.getMessage()).equals(OTHER));
  }

  @Test
  void jobKeepsItsOwnerWhenTheSpreadOfItsModelChanges() {
    around.owners.put(AFAR, NORTH);
    around.owners.put(FARTHER, SOUTH);

    // The model has one partition now; the job came to another one before.
    states(0, List.of(FAR), running(JOB, FAR, FARTHER));
    south = around.link(SOUTH).open();
    south.frames.clear();
    chunk(JOB);

    assertThat(south.frames).singleElement().matches(f -> job(f.getMessage()).equals(JOB));
  }

  @Test
  void resultIsRepeatedToTheNewOwnerOfItsPartitionAlone() {
    spread();
    states(2, List.of(FAR));
    north = around.link(NORTH).open();
    says(around.link(SOUTH).open(), assignment(JOB, FAR, FARTHER));
    north.frames.clear();
    failure(JOB, 1);

    around.owners.put(FARTHER, NORTH);
    crossing.align();

    assertThat(results(north)).hasSize(1);
  }

  @Test
  void freedSlotIsOfferedToOneOfThoseWhoWait() {
    bothOwnFar(0);
    waits(north, true);
    waits(south, true);

    states(1, List.of(FAR));

    assertThat(freeSlots(north) + freeSlots(south)).isOne();
    assertThat(((Heard.State) around.here.getLast()).report().freeSlots()).isZero();
  }

  @Test
  void whoNoLongerWaitsMakesRoomAtOnceAndWhoIsSilentSoon() {
    bothOwnFar(0);
    waits(north, true);
    waits(south, true);
    states(1, List.of(FAR));
    FakeSurroundings.FakeLink first = freeSlots(north) == 1 ? north : south;
    FakeSurroundings.FakeLink second = first == north ? south : north;

    waits(first, false);
    assertThat(freeSlots(second)).isOne();
    assertThat(freeSlots(first)).isZero();

    around.passes(FIRST_REFUSAL);
    assertThat(around.lapsed).isOne();
    assertThat(freeSlots(first)).isOne();
    assertThat(freeSlots(second)).isOne();
  }

  @Test
  void slotThatIsBeingGivenAwayIsGoneToTheOthersAtOnce() {
    bothOwnFar(1);

    grants(north, JOB);
    assertThat(freeSlots(south)).isZero();
    says(south, assignment(OTHER, FAR, FARTHER));
    says(north, assignment(JOB, FAR, AFAR));

    assertThat(session.told).hasSize(1);
    assertThat(results(south)).hasSize(1);
  }

  @Test
  void slotOfAnOwnerThatDiedBeforeItsAssignmentIsFreeAgain() {
    bothOwnFar(1);
    grants(north, JOB);

    north.listener.lost(north);

    assertThat(freeSlots(south)).isOne();
  }

  @Test
  void brokenStreamWaitsForNothing() {
    bothOwnFar(0);
    waits(north, true);
    states(1, List.of(FAR));
    assertThat(freeSlots(south)).isZero();

    north.listener.lost(north);

    assertThat(freeSlots(south)).isOne();
  }

  @Test
  void waitingHereCountsLikeWaitingElsewhere() {
    around.partitions.put(FAR, List.of(NEAR, AFAR));
    northOwnsFar(0, List.of(FAR));
    crossing.waiting(true);

    states(1, List.of(FAR));

    assertThat(((Heard.State) around.here.getLast()).report().freeSlots()).isOne();
    assertThat(freeSlots(north)).isZero();
  }

  /** The worker offers these, and its stream to the owner of one of them is open. */
  private void northOwnsFar(int freeSlots, List<ModelId> offered, WorkerReport.Running... running) {
    around.owners.put(AFAR, NORTH);
    states(freeSlots, offered, running);
    north = around.link(NORTH).open();
  }

  /** The worker offers a model of two owners, and its streams to both are open. */
  private void bothOwnFar(int freeSlots) {
    spread();
    states(freeSlots, List.of(FAR));
    north = around.link(NORTH).open();
    south = around.link(SOUTH).open();
  }

  private void spread() {
    around.partitions.put(FAR, List.of(AFAR, FARTHER));
    around.owners.put(AFAR, NORTH);
    around.owners.put(FARTHER, SOUTH);
  }

  private static void grants(FakeSurroundings.FakeLink owner, JobId job) {
    owner.listener.said(
        owner,
        ForwardResponse.newBuilder()
            .setGranting(Granting.newBuilder().setJobId(Wire.bytes(job)).setAttempt(1))
            .build());
  }

  private static void waits(FakeSurroundings.FakeLink owner, boolean waiting) {
    owner.listener.said(
        owner,
        ForwardResponse.newBuilder().setWaiting(Waiting.newBuilder().setWaiting(waiting)).build());
  }

  /** As the owner heard it last. */
  private static int freeSlots(FakeSurroundings.FakeLink owner) {
    return owner.frames.stream()
        .map(ForwardRequest::getMessage)
        .filter(SessionRequest::hasState)
        .reduce((earlier, later) -> later)
        .orElseThrow()
        .getState()
        .getFreeSlots();
  }

  private SessionRequest states(
      int freeSlots, List<ModelId> offered, WorkerReport.Running... running) {
    List<Signed<Offer>> offers = new ArrayList<>();
    for (ModelId model : offered) {
      offers.add(
          Signed.by(
              KEY,
              Jobs.DOMAIN,
              new Offer(KEY.address(), model, Price.of(1), Price.of(1), 1, Long.MAX_VALUE)));
    }
    WorkerState.Builder state = WorkerState.newBuilder().setFreeSlots(freeSlots);
    for (WorkerReport.Running each : running) {
      state.addRunning(RunningAttempt.newBuilder().setJobId(Wire.bytes(each.job())));
    }
    SessionRequest wire = SessionRequest.newBuilder().setState(state).build();
    crossing.hear(
        wire,
        new Heard.State(new WorkerReport(offers, freeSlots, List.of(running), false, Set.of())),
        this::take);
    return wire;
  }

  private void chunk(JobId job) {
    Chunk piece = Chunk.newBuilder().setAttempt(1).addTokenIds(1).addLogprobs(1).build();
    crossing.hear(
        SessionRequest.newBuilder()
            .setChunk(AttemptChunk.newBuilder().setJobId(Wire.bytes(job)).setChunk(piece))
            .build(),
        new Heard.Piece(job, new WireChunk(piece)),
        this::take);
  }

  private void failure(JobId job, int attempt) {
    crossing.hear(
        SessionRequest.newBuilder()
            .setResult(AttemptResult.newBuilder().setJobId(Wire.bytes(job)).setAttempt(attempt))
            .build(),
        new Heard.Outcome(
            job,
            attempt,
            Optional.empty(),
            OptionalInt.empty(),
            new Result.Nothing(new DGridException(ErrorCode.WORKER_FAILED, "broken"))),
        this::take);
  }

  private void take() {
    taken++;
  }

  private static void assign(FakeSurroundings.FakeLink owner, JobId job, ModelId model) {
    says(owner, assignment(job, model));
  }

  private static void cancel(FakeSurroundings.FakeLink owner, JobId job) {
    says(
        owner,
        SessionResponse.newBuilder()
            .setCancel(CancelAttempt.newBuilder().setJobId(Wire.bytes(job)).setAttempt(1))
            .build());
  }

  private static void ack(FakeSurroundings.FakeLink owner, JobId job, int attempt) {
    says(
        owner,
        SessionResponse.newBuilder()
            .setAck(ResultAck.newBuilder().setJobId(Wire.bytes(job)).setAttempt(attempt))
            .build());
  }

  private static void says(FakeSurroundings.FakeLink owner, SessionResponse message) {
    owner.listener.said(owner, ForwardResponse.newBuilder().setMessage(message).build());
  }

  private static SessionResponse assignment(JobId job, ModelId model, int partition) {
    SessionResponse plain = assignment(job, model);
    return SessionResponse.newBuilder()
        .setAssign(plain.getAssign().toBuilder().setPartition(partition))
        .build();
  }

  private static SessionResponse assignment(JobId job, ModelId model) {
    ByteString id = Wire.bytes(model);
    return SessionResponse.newBuilder()
        .setAssign(
            Assignment.newBuilder()
                .setJobId(Wire.bytes(job))
                .setAttempt(1)
                .setRequest(
                    SignedJobRequest.newBuilder()
                        .setRequest(JobRequest.newBuilder().setModelId(id))))
        .build();
  }

  private static WorkerReport.Running running(JobId job, ModelId model) {
    return new WorkerReport.Running(job, model, 1, OptionalInt.empty());
  }

  private static WorkerReport.Running running(JobId job, ModelId model, int partition) {
    return new WorkerReport.Running(job, model, 1, OptionalInt.of(partition));
  }

  private static List<AttemptResult> results(FakeSurroundings.FakeLink link) {
    return link.frames.stream()
        .map(ForwardRequest::getMessage)
        .filter(SessionRequest::hasResult)
        .map(SessionRequest::getResult)
        .toList();
  }

  private static JobId job(SessionRequest message) {
    return Wire.jobId(message.getChunk().getJobId());
  }
}
