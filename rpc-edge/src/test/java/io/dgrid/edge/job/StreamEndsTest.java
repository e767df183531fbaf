package io.dgrid.edge.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.model.Catalogue;
import io.dgrid.edge.TestConfig;
import io.dgrid.edge.job.Ending.Source;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobEvent.EventCase;
import io.dgrid.proto.job.v1.JobQueued;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.proto.job.v1.Usage;
import io.dgrid.transport.codec.Wire;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An edge that was suspended while its job ended, and what it hears in which order afterwards. */
class StreamEndsTest {
  private static final JobId JOB = new JobId(new Hash(1, 2, 3, 4));
  private static final ModelId MODEL = new ModelId(new Hash(5, 6, 7, 8));
  private static final long DEADLINE = 100_000;

  @TempDir static Path noModels;

  private final FakeJobRepository repository = new FakeJobRepository();
  private final TreeMap<Long, List<Runnable>> timers = new TreeMap<>();
  private final FakeReader reader = new FakeReader();
  private long now = 1_000;
  private JobStreams streams;
  private StreamEnds ends;
  private JobStream stream;
  private OpenStream watched;

  @BeforeEach
  void openStreamWithThreeTokens() {
    var config = TestConfig.defaults();
    var metrics = new JobMetrics(new SimpleMeterRegistry(), Catalogue.read(noModels));
    var pace = new JobPace();
    ends =
        new StreamEnds(
            repository, config, () -> Instant.ofEpochMilli(now), metrics, pace, this::schedule);
    streams =
        new JobStreams(repository, config, () -> Instant.ofEpochMilli(now), metrics, pace, ends);
    repository.row = row();
    stream = streams.open(repository.row);
    watched = new OpenStream(stream, MODEL, now, over -> {});
    stream.follow(reader, 0);
    IntStream.range(0, 3).forEach(i -> stream.append(event(chunk(i))));
  }

  @Test
  void endFromTheDatabaseWaitsUntilTheTailIsReadInTheLog() {
    streams.endFound(JOB, completed(8));
    pass(Duration.ofSeconds(10));
    assertThat(reader.completed).as("readers of the log rejoin for seconds").isFalse();

    streams.tail(JOB, chunks(3, 8));
    streams.ended(JOB, completed(8), 8);

    assertThat(reader.positions()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(reader.events.getLast()).isEqualTo(completed(8));
  }

  @Test
  void tokensBeyondTheBillAreToldToo() {
    streams.endFound(JOB, completed(5));

    streams.tail(JOB, chunks(3, 8));
    streams.ended(JOB, completed(5), 8);

    assertThat(reader.positions()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(reader.events.getLast()).isEqualTo(completed(5));
  }

  @Test
  void endFromTheDatabaseIsToldAsIncompleteWhenTheLogBringsNothing() {
    streams.endFound(JOB, completed(8));
    pass(Duration.ofMillis(19_999));
    assertThat(reader.completed).isFalse();
    pass(Duration.ofMillis(1));

    assertThat(lost()).isEqualTo("the last 5 tokens of the answer were lost on their way");
    assertThat(repository.booked).containsExactly(completed(8));
  }

  @Test
  void repeatedLookInTheDatabaseWaitsNoLonger() {
    streams.endFound(JOB, completed(8));
    pass(Duration.ofSeconds(10));
    streams.endFound(JOB, completed(8));
    pass(Duration.ofSeconds(10));

    assertThat(lost()).isNotEmpty();
    assertThat(timers).as("one timer however often it is found").isEmpty();
  }

  @Test
  void logThatHasNoMoreEndsTheWaitForIt() {
    streams.endFound(JOB, completed(8));
    pass(Duration.ofSeconds(5));
    streams.ended(JOB, completed(8), 8);
    pass(Duration.ofSeconds(3));

    assertThat(lost()).isEqualTo("the last 5 tokens of the answer were lost on their way");
  }

  @Test
  void endFromTheLogWaitsForAnOwnerWhoseRelayIsCutOff() {
    streams.ended(JOB, completed(8), 8);
    pass(Duration.ofSeconds(19));
    assertThat(reader.completed).as("its owner has the answer, and is asked again").isFalse();

    chunks(3, 8).forEach(chunk -> streams.receive(event(chunk), command -> {}));

    assertThat(reader.positions()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(reader.events.getLast()).isEqualTo(completed(8));
  }

  @Test
  void endFromTheLogIsToldAsIncompleteSoonAfterNoSchedulerHasTheJob() {
    streams.ended(JOB, completed(8), 8);
    pass(Duration.ofSeconds(5));
    streams.endFound(JOB, completed(8));
    pass(Duration.ofSeconds(3));

    assertThat(lost()).isEqualTo("the last 5 tokens of the answer were lost on their way");
  }

  @Test
  void endFromItsOwnerWaitsForWhatItIsAskedFor() {
    streams.receive(completed(8), command -> {});
    pass(Duration.ofMillis(2_999));
    assertThat(reader.completed).isFalse();
    pass(Duration.ofMillis(1));

    assertThat(lost()).isNotEmpty();
  }

  @Test
  void wholeAnswerEndsAtOnceWhereverItsEndWasRead() {
    streams.endFound(JOB, completed(3));

    assertThat(reader.events.getLast()).isEqualTo(completed(3));
    assertThat(timers).isEmpty();
  }

  @Test
  void watchdogThatFindsTheEndWaitsForTheLogToo() {
    repository.row.state = JobPhase.SUCCEEDED;
    repository.row.terminal = completed(8).toByteArray();
    giveUp(DEADLINE, DEADLINE + 60_000);
    pass(Duration.ofSeconds(10));
    assertThat(reader.completed).isFalse();
    readTheLog();

    assertThat(reader.events.getLast()).isEqualTo(completed(8));
  }

  @Test
  void watchdogThatWasSuspendedGivesTheLogTimeToNameAnEnd() {
    giveUp(DEADLINE, DEADLINE + 60_000);
    pass(Duration.ofSeconds(10));
    assertThat(reader.completed).as("nobody has booked it yet").isFalse();
    readTheLog();
    pass(Duration.ofSeconds(10));

    assertThat(reader.events.getLast()).isEqualTo(completed(8));
    assertThat(repository.booked).containsExactly(completed(8));
  }

  @Test
  void watchdogThatIsInTimeGivesUpAtOnce() {
    giveUp(DEADLINE, DEADLINE + 5);

    assertThat(lost()).startsWith("no scheduler answered before the deadline");
  }

  @Test
  void suspendedWatchdogGivesUpInTheEnd() {
    giveUp(DEADLINE, DEADLINE + 60_000);
    pass(Duration.ofSeconds(20));

    assertThat(lost()).startsWith("no scheduler answered before the deadline");
  }

  @Test
  void streamOfARefusedJobIsForgottenAndItsSchedulerToldToCancel() {
    List<RelayResponse> commands = new ArrayList<>();
    DGridException refusal = new DGridException(ErrorCode.UNAVAILABLE, "the log does not answer");

    streams.withdraw(stream, refusal);

    assertThat(reader.failure).isSameAs(refusal);
    assertThat(streams.find(JOB)).isEmpty();
    assertThat(streams.live()).isEmpty();

    repository.row.state = JobPhase.WITHDRAWN;
    streams.queued(JobQueued.newBuilder().setJobId(Wire.bytes(JOB)).build(), commands::add);

    assertThat(commands).singleElement().matches(RelayResponse::hasCancel);
    assertThat(streams.find(JOB)).isEmpty();
  }

  @Test
  void schedulerThatHasARefusedJobHearsSoAtOnce() {
    List<RelayResponse> commands = new ArrayList<>();
    streams.queued(JobQueued.newBuilder().setJobId(Wire.bytes(JOB)).build(), commands::add);

    streams.withdraw(stream, new DGridException(ErrorCode.UNAVAILABLE, "the log does not answer"));

    assertThat(commands.getLast().hasCancel()).isTrue();
  }

  private void giveUp(long due, long at) {
    now = at;
    ends.giveUp(watched, due);
  }

  private void readTheLog() {
    chunks(3, 8).forEach(chunk -> stream.append(event(chunk)));
    ends.learn(watched, completed(8), 8, Source.LOG);
  }

  private String lost() {
    assertThat(reader.events.getLast().getEventCase()).isEqualTo(EventCase.FAILED);
    return reader.events.getLast().getFailed().getFailure().getMessage();
  }

  private void schedule(Duration delay, Runnable action) {
    timers.computeIfAbsent(now + delay.toMillis(), due -> new ArrayList<>()).add(action);
  }

  private void pass(Duration time) {
    long until = now + time.toMillis();
    while (!timers.isEmpty() && timers.firstKey() <= until) {
      Map.Entry<Long, List<Runnable>> due = timers.pollFirstEntry();
      now = due.getKey();
      due.getValue().forEach(Runnable::run);
    }
    now = until;
  }

  private static List<Chunk> chunks(int from, int until) {
    return IntStream.range(from, until).mapToObj(StreamEndsTest::chunk).toList();
  }

  private static Chunk chunk(int position) {
    return Chunk.newBuilder()
        .setAttempt(1)
        .setFirstPosition(position)
        .addTokenIds(position)
        .build();
  }

  private static JobEvent event(Chunk chunk) {
    return JobEvent.newBuilder().setJobId(Wire.bytes(JOB)).setChunk(chunk).build();
  }

  private static JobEvent completed(int tokens) {
    return JobEvent.newBuilder()
        .setJobId(Wire.bytes(JOB))
        .setCompleted(
            Completed.newBuilder()
                .setUsage(Usage.newBuilder().setOutputTokens(tokens))
                .setAmount("12"))
        .build();
  }

  private static JobRow row() {
    JobRow row = new JobRow();
    row.jobId = JOB.toString();
    row.modelId = MODEL.toString();
    row.state = JobPhase.RUNNING;
    row.maxOutputTokens = 100;
    row.deadline = DEADLINE;
    return row;
  }
}
