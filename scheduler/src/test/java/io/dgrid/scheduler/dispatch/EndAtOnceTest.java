package io.dgrid.scheduler.dispatch;

import static io.dgrid.scheduler.fixture.Waiting.waitUntil;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.common.v1.ErrorCode;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.Failed;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.job.Command;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.Progress;
import io.dgrid.transport.codec.Wire;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Jobs that cannot be read or written: the edge holds their money until the log ends them. */
class EndAtOnceTest {
  private static final int PARTITION = 3;
  private static final Duration SOON = Duration.ofSeconds(10);

  private final FakeLog log = new FakeLog();
  private final Owner owner = new Owner(log);

  @BeforeEach
  void own() throws Exception {
    owner.own(PARTITION, new History());
  }

  @AfterEach
  void close() {
    owner.close();
  }

  @Test
  void malformedSubmissionEndsAsFailedAndIsSettledOnceThatIsWritten() {
    SubmittedJob broken = job().toBuilder().setSalt(ByteString.copyFromUtf8("short")).build();

    owner.submit(PARTITION, 7, broken);

    waitUntil("settled", SOON, () -> log.settled.contains(7L));
    assertThat(log.written).hasSize(1);
    JobTransition end = log.written.getFirst();
    assertThat(end.getJobId()).isEqualTo(broken.getJobId());
    assertThat(end.getFailed().getFailure().getCode())
        .isEqualTo(ErrorCode.ERROR_CODE_INVALID_REQUEST);
    assertThat(end.getFailed().getAmount()).isEqualTo("0");
  }

  @Test
  void jobOfWhichOnlyTheIdIsKnownEndsAsFailed() {
    SubmittedJob named = SubmittedJob.newBuilder().setJobId(job().getJobId()).build();

    owner.submit(PARTITION, 7, named);

    waitUntil("settled", SOON, () -> log.settled.contains(7L));
    assertThat(log.written)
        .singleElement()
        .satisfies(
            end -> {
              assertThat(end.getJobId()).isEqualTo(named.getJobId());
              assertThat(end.getFailed().getFailure().getCode())
                  .isEqualTo(ErrorCode.ERROR_CODE_INVALID_REQUEST);
            });
  }

  @Test
  void withdrawnJobThatWasNeverSeenEndsUnbilledOnceAndItsLateSubmissionIsIgnored()
      throws Exception {
    SubmittedJob late = job();

    owner.submit(PARTITION, 7, withdrawal(late));
    owner.submit(PARTITION, 8, late);
    owner.submit(PARTITION, 9, withdrawal(late));
    owner.submit(PARTITION, 10, late);

    waitUntil("settled", SOON, () -> log.settled.containsAll(List.of(7L, 8L, 9L, 10L)));
    assertThat(owner.jobs()).isZero();
    assertThat(owner.assignments()).isEmpty();
    assertThat(log.written)
        .singleElement()
        .satisfies(
            end -> {
              assertThat(end.getJobId()).isEqualTo(late.getJobId());
              assertThat(end.getClient()).isEqualTo(late.getRequest().getRequest().getClient());
              assertThat(end.getFailed().getState())
                  .isEqualTo(io.dgrid.proto.job.v1.JobState.JOB_STATE_CANCELLED);
              assertThat(end.getFailed().getFailure().getCode())
                  .isEqualTo(ErrorCode.ERROR_CODE_UNAVAILABLE);
              assertThat(end.getFailed().getAmount()).isEqualTo("0");
            });
  }

  @Test
  void withdrawnJobThatLivesIsCancelled() {
    SubmittedJob submitted = job();
    owner.submit(PARTITION, 0, submitted);
    waitUntil("assignment", SOON, () -> !owner.assignments().isEmpty());

    owner.submit(PARTITION, 1, withdrawal(submitted));
    owner.say(Wire.jobId(submitted.getJobId()), new Command.SessionLost(owner.worker()));

    waitUntil("settled", SOON, () -> log.settled.containsAll(List.of(0L, 1L)));
    assertThat(log.written.getLast().getFailed().getState())
        .isEqualTo(io.dgrid.proto.job.v1.JobState.JOB_STATE_CANCELLED);
    assertThat(log.written.stream().filter(JobTransition::hasFailed)).hasSize(1);
  }

  @Test
  void heirKnowsWhatWasWithdrawnBeforeIt() throws Exception {
    SubmittedJob late = job();
    owner.submit(PARTITION, 7, withdrawal(late));
    waitUntil("settled", SOON, () -> log.settled.contains(7L));
    History heir = new History();
    log.written.forEach(heir::add);

    owner.own(PARTITION, heir);
    owner.submit(PARTITION, 8, late);

    waitUntil("settled", SOON, () -> log.settled.contains(8L));
    assertThat(owner.jobs()).isZero();
    assertThat(log.written).hasSize(1);
  }

  @Test
  void withdrawalOfAJobThatHasEndedChangesNothing() throws Exception {
    SubmittedJob submitted = job();
    JobId id = Wire.jobId(submitted.getJobId());
    owner.submit(PARTITION, 0, submitted);
    owner.say(id, new Command.Cancel("client gone"));
    owner.say(id, new Command.SessionLost(owner.worker()));
    waitUntil("settled", SOON, () -> log.settled.contains(0L));
    int written = log.written.size();

    owner.submit(PARTITION, 1, withdrawal(submitted));

    waitUntil("settled", SOON, () -> log.settled.contains(1L));
    assertThat(log.written).hasSize(written);
  }

  @Test
  void withdrawalOfNobodyIsSkipped() {
    owner.submit(PARTITION, 4, SubmittedJob.newBuilder().setWithdrawn(true).build());

    waitUntil("settled", SOON, () -> log.settled.contains(4L));
    assertThat(log.written).isEmpty();
  }

  @Test
  void goodCopyAfterABrokenOneIsIgnored() throws Exception {
    SubmittedJob good = job();
    owner.submit(PARTITION, 0, good.toBuilder().clearSalt().build());
    owner.submit(PARTITION, 1, good);

    waitUntil("settled", SOON, () -> log.settled.containsAll(List.of(0L, 1L)));
    assertThat(log.written).hasSize(1);
    assertThat(owner.jobs()).isZero();
  }

  @Test
  void brokenCopyDoesNotEndItsJob() throws Exception {
    SubmittedJob good = job();
    owner.submit(PARTITION, 0, good);
    waitUntil("assignment", SOON, () -> !owner.assignments().isEmpty());

    owner.submit(PARTITION, 1, good.toBuilder().clearSalt().build());

    waitUntil("settled", SOON, () -> log.settled.contains(1L));
    assertThat(log.written).noneMatch(JobTransition::hasFailed);
    assertThat(owner.jobs()).isOne();
  }

  @Test
  void jobWhoseGrantIsTooLargeForTheLogFailsAtOnceAndIsNotAssigned() {
    log.tooLarge = JobTransition::hasGranted;

    owner.submit(PARTITION, 0, job());

    waitUntil("settled", SOON, () -> log.settled.contains(0L));
    assertThat(owner.assignments()).isEmpty();
    assertThat(log.written).singleElement().satisfies(EndAtOnceTest::isUnbilledFailure);
  }

  @Test
  void endThatIsTooLargeForTheLogIsReplacedByAnEndThatFits() throws Exception {
    SubmittedJob submitted = job();
    JobId id = Wire.jobId(submitted.getJobId());
    owner.submit(PARTITION, 0, submitted);
    waitUntil("assignment", SOON, () -> !owner.assignments().isEmpty());
    log.tooLarge = t -> t.getFailed().getFailure().getMessage().contains("client gone");

    owner.say(id, new Command.Cancel("client gone"));
    owner.say(id, new Command.SessionLost(owner.worker()));

    waitUntil("settled", SOON, () -> log.settled.contains(0L));
    assertThat(log.written).last().satisfies(EndAtOnceTest::isUnbilledFailure);
    assertThat(log.written.stream().filter(JobTransition::hasFailed)).hasSize(1);
  }

  @Test
  void endHoldsWhatItsEdgesHaveNotConfirmed() throws Exception {
    SubmittedJob submitted = job();
    JobId id = Wire.jobId(submitted.getJobId());
    owner.submit(PARTITION, 0, submitted);
    waitUntil("assignment", SOON, () -> !owner.assignments().isEmpty());
    owner.confirmed = 3;
    for (int position = 0; position < 5; position++) {
      owner.say(id, new Command.ChunkArrived(owner.worker(), chunk(position, "t" + position)));
    }

    owner.say(id, new Command.Cancel("client gone"));
    owner.say(id, new Command.SessionLost(owner.worker()));

    waitUntil("settled", SOON, () -> log.settled.contains(0L));
    JobTransition end = log.written.getLast();
    assertThat(end.hasFailed()).isTrue();
    assertThat(end.getTailList()).extracting(Chunk::getText).containsExactly("t3", "t4");
    assertThat(end.getEndPosition()).isEqualTo(5);
  }

  @Test
  void tailThatIsTooLargeForOneRecordComesInSeveralInOrder() {
    int large = 300_000;
    List<WireChunk> tail = new ArrayList<>();
    Progress progress = Progress.start(JobCodec.fromWire(job()), 0);
    for (int position = 0; position < 7; position++) {
      // No record holds the third.
      String text = (char) ('a' + position) + "x".repeat(position == 2 ? 4 * large : large);
      tail.add(chunk(position, text));
    }

    List<JobTransition> records =
        JobCodec.finished(
            progress.spec(),
            new JobState.Failed(
                progress, new DGridException(io.dgrid.core.error.ErrorCode.INTERNAL, "test")),
            tail,
            1);

    assertThat(records).allMatch(record -> record.getSerializedSize() < 1_000_000);
    assertThat(records.stream().flatMap(record -> record.getTailList().stream()))
        .extracting(chunk -> chunk.getText().charAt(0))
        .containsExactly('a', 'b', 'd', 'e', 'f', 'g');
    assertThat(records.getLast().hasFailed()).isTrue();
    assertThat(records.subList(0, records.size() - 1))
        .hasSize(2)
        .extracting(JobTransition::getTransitionCase)
        .containsOnly(JobTransition.TransitionCase.TRANSITION_NOT_SET);
  }

  private static WireChunk chunk(int position, String text) {
    return new WireChunk(
        Chunk.newBuilder()
            .setAttempt(1)
            .setFirstPosition(position)
            .addTokenIds(1)
            .addLogprobs(0)
            .setText(text)
            .build());
  }

  private static void isUnbilledFailure(JobTransition transition) {
    Failed failed = transition.getFailed();
    assertThat(failed.getFailure().getCode()).isEqualTo(ErrorCode.ERROR_CODE_INTERNAL);
    assertThat(failed.getAmount()).isEqualTo("0");
    assertThat(failed.getReceiptsCount()).isZero();
  }

  private static SubmittedJob withdrawal(SubmittedJob job) {
    return Jobs.withdrawal(job);
  }

  private static SubmittedJob job() {
    return Jobs.job("127.0.0.1:1", 10, 1_000);
  }
}
