package io.dgrid.edge.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.edge.job.JobStream.Append;
import io.dgrid.proto.job.v1.Accepted;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobEvent.EventCase;
import io.dgrid.proto.job.v1.RelayResponse;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class JobStreamTest {
  private static final int WINDOW = 8;
  private static final int MAX_OUTPUT = 100;

  private final JobStream stream =
      new JobStream(
          new JobId(new Hash(1, 2, 3, 4)), Accepted.getDefaultInstance(), MAX_OUTPUT, WINDOW);
  private final List<RelayResponse> commands = new ArrayList<>();
  private final JobOwner owner = commands::add;

  @Test
  void readerGetsAcceptedThenTokensInOrderThenOneEnd() {
    FakeReader reader = new FakeReader();
    stream.follow(reader, 0);
    stream.append(chunk(0, 2));
    stream.append(chunk(2, 1));
    stream.end(end());
    stream.end(end());

    assertThat(reader.events)
        .extracting(JobEvent::getEventCase)
        .containsExactly(EventCase.ACCEPTED, EventCase.CHUNK, EventCase.CHUNK, EventCase.COMPLETED);
    assertThat(reader.completed).isTrue();
  }

  @Test
  void repeatedTokensAreDroppedAndAGapIsAskedForOnce() {
    stream.own(owner);
    commands.clear();

    assertThat(stream.append(chunk(0, 2))).isEqualTo(Append.TAKEN);
    assertThat(stream.append(chunk(0, 2))).isEqualTo(Append.DUPLICATE);
    assertThat(stream.append(chunk(3, 1))).isEqualTo(Append.GAP);
    assertThat(stream.append(chunk(4, 1))).isEqualTo(Append.GAP);
    assertThat(stream.append(chunk(2, 1))).isEqualTo(Append.TAKEN);

    assertThat(commands).extracting(RelayResponse::getResendFrom).containsExactly(2);
  }

  @Test
  void streamWhoseSchedulerWentAwayIsAnOrphanWhileSomebodyReads() {
    FakeReader reader = new FakeReader();
    stream.follow(reader, 0);
    assertThat(stream.isOrphan()).as("its first scheduler comes by itself").isFalse();
    stream.own(owner);
    stream.disown(owner);
    assertThat(stream.isOrphan()).isTrue();
    stream.own(owner);
    assertThat(stream.isOrphan()).isFalse();
    stream.disown(owner);
    stream.unfollow(reader, false);
    assertThat(stream.isOrphan()).isFalse();
    stream.follow(reader, 0);
    stream.end(end());
    assertThat(stream.isOrphan()).isFalse();
  }

  @Test
  void abortCancelsTheJobOnlyWhenNobodyCanComeBackForIt() {
    FakeReader resumable = new FakeReader();
    stream.own(owner);
    stream.follow(resumable, 0);
    commands.clear();
    stream.abort(JobShutdown.goingAway());
    assertThat(resumable.failure).isNotNull();
    assertThat(commands).isEmpty();

    FakeReader http = new FakeReader();
    http.resumable = false;
    stream.follow(http, 0);
    stream.abort(JobShutdown.goingAway());
    assertThat(http.failure).isNotNull();
    assertThat(commands).singleElement().matches(RelayResponse::hasCancel);
  }

  @Test
  void textAfterTheLastTokenIsTakenOnceHoweverOftenItComes() {
    assertThat(stream.append(chunk(0, 2))).isEqualTo(Append.TAKEN);
    assertThat(stream.append(chunk(2, 0))).isEqualTo(Append.TAKEN);
    assertThat(stream.append(chunk(0, 2))).isEqualTo(Append.DUPLICATE);
    assertThat(stream.append(chunk(2, 0))).isEqualTo(Append.DUPLICATE);
    assertThat(stream.append(chunk(2, 1))).isEqualTo(Append.TAKEN);
    assertThat(stream.append(chunk(2, 0))).isEqualTo(Append.DUPLICATE);
  }

  @Test
  void nothingFollowsTheEnd() {
    stream.end(end());
    assertThat(stream.append(chunk(0, 1))).isEqualTo(Append.OVER);
  }

  @Test
  void ownerMayRunOneWindowAheadOfTheReader() {
    FakeReader reader = new FakeReader();
    stream.own(owner);
    assertThat(allowed()).isEqualTo(WINDOW);
    stream.follow(reader, 0);
    IntStream.range(0, WINDOW).forEach(i -> stream.append(chunk(i, 1)));
    assertThat(allowed()).isEqualTo(2 * WINDOW);
  }

  @Test
  void slowReaderStopsItsEngineAndLosesNothing() {
    FakeReader reader = new FakeReader();
    reader.room = 1;
    stream.own(owner);
    stream.follow(reader, 0);
    IntStream.range(0, WINDOW).forEach(i -> stream.append(chunk(i, 1)));
    assertThat(allowed()).isEqualTo(WINDOW);
    assertThat(reader.positions()).isEmpty();

    reader.read(100);
    assertThat(reader.positions()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(allowed()).isEqualTo(2 * WINDOW);
  }

  @Test
  void windowNeverPassesTheOutputLimit() {
    FakeReader reader = new FakeReader();
    stream.own(owner);
    stream.follow(reader, 0);
    IntStream.range(0, MAX_OUTPUT).forEach(i -> stream.append(chunk(i, 1)));
    assertThat(allowed()).isEqualTo(MAX_OUTPUT);
  }

  @Test
  void resumedReaderContinuesWhereItWas() {
    stream.append(chunk(0, 2));
    stream.append(chunk(2, 2));
    FakeReader reader = new FakeReader();
    stream.follow(reader, 2);
    stream.append(chunk(4, 1));
    assertThat(reader.positions()).containsExactly(2, 4);
  }

  @Test
  void resumingInsideAChunkIsRefusedWithThePositionThatWorks() {
    stream.append(chunk(0, 4));
    FakeReader reader = new FakeReader();
    stream.follow(reader, 2);
    assertThat(reader.failure).isNotNull();
    assertThat(reader.failure.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(reader.failure).hasMessageContaining("position 0");
    assertThat(stream.isDeserted()).isTrue();
  }

  @Test
  void tokensThatAnotherWorkerCutsElsewhereAreTakenFromTheFirstUnknownOne() {
    FakeReader reader = new FakeReader();
    reader.room = Integer.MAX_VALUE;
    stream.follow(reader, 0);
    stream.append(chunk(0, 2));

    assertThat(stream.append(measured(0, "ab", "cd", "e"))).isEqualTo(Append.TAKEN);
    assertThat(stream.append(measured(1, "cd", "e", "f"))).isEqualTo(Append.TAKEN);

    assertThat(reader.positions()).containsExactly(0, 2, 3);
    assertThat(reader.events.subList(2, 4))
        .extracting(event -> event.getChunk().getText())
        .containsExactly("e", "f");
    FakeReader second = new FakeReader();
    second.room = Integer.MAX_VALUE;
    JobStream other =
        new JobStream(
            new JobId(new Hash(1, 2, 3, 5)), Accepted.getDefaultInstance(), MAX_OUTPUT, WINDOW);
    other.append(measured(0, "ab", "cd", "e"));
    other.follow(second, 1);
    assertThat(second.positions()).containsExactly(1);
    assertThat(second.events.getLast().getChunk().getText()).isEqualTo("cde");
  }

  @Test
  void overlapThatCannotBeCutFailsTheAnswerWhenItsOwnerSendsItAgain() {
    FakeReader reader = new FakeReader();
    stream.follow(reader, 0);
    stream.own(owner);
    stream.append(chunk(0, 5), owner);
    commands.clear();

    assertThat(stream.append(chunk(4, 3), owner)).isEqualTo(Append.GAP);
    assertThat(stream.append(chunk(7, 1), owner)).as("was in flight").isEqualTo(Append.GAP);
    assertThat(commands).extracting(RelayResponse::getResendFrom).containsExactly(5);
    assertThat(reader.failure).isNull();
    assertThat(stream.append(chunk(4, 3), owner)).isEqualTo(Append.TORN);

    assertThat(reader.failure).isNotNull();
    assertThat(reader.failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(reader.failure).hasMessageStartingWith("the rest of the answer cannot be joined");
    assertThat(reader.positions()).containsExactly(0);
    assertThat(commands).hasSize(2);
    assertThat(commands.getLast().getCancel().getReason())
        .isEqualTo("the rest of the answer cannot be joined");
    FakeReader again = new FakeReader();
    stream.follow(again, 5);
    assertThat(stream.append(chunk(4, 3), owner)).isEqualTo(Append.TORN);
    stream.end(end());
    assertThat(again.completed).as("who comes back hears the end of the cancelled job").isTrue();
    assertThat(commands).hasSize(2);
  }

  @Test
  void overlapBehindAnOrdinaryGapIsAskedForAnewAndThenProof() {
    FakeReader reader = new FakeReader();
    stream.follow(reader, 0);
    stream.own(owner);
    stream.append(chunk(0, 5), owner);
    commands.clear();

    assertThat(stream.append(chunk(8, 1), owner)).isEqualTo(Append.GAP);
    assertThat(stream.append(chunk(4, 3), owner)).isEqualTo(Append.GAP);
    assertThat(stream.append(chunk(8, 1), owner)).isEqualTo(Append.GAP);
    assertThat(commands).extracting(RelayResponse::getResendFrom).containsExactly(5, 5);
    assertThat(stream.append(chunk(4, 3), owner)).isEqualTo(Append.TORN);
  }

  @Test
  void overlapOfAnybodyButThePresentOwnerIsNoProof() {
    FakeReader reader = new FakeReader();
    List<RelayResponse> ignored = new ArrayList<>();
    JobOwner former = ignored::add;
    stream.follow(reader, 0);
    stream.own(former);
    stream.append(chunk(0, 5), former);
    assertThat(stream.append(chunk(4, 3), former)).isEqualTo(Append.GAP);
    stream.own(owner);

    assertThat(stream.append(chunk(4, 3), former)).isEqualTo(Append.GAP);
    assertThat(stream.append(chunk(4, 3), former)).isEqualTo(Append.GAP);
    assertThat(stream.append(chunk(4, 3))).as("from the log").isEqualTo(Append.GAP);
    assertThat(stream.append(chunk(4, 3))).isEqualTo(Append.GAP);
    assertThat(stream.append(chunk(4, 1), owner)).isEqualTo(Append.DUPLICATE);
    assertThat(stream.append(chunk(5, 2), owner)).isEqualTo(Append.TAKEN);
    assertThat(stream.append(chunk(6, 2), owner)).as("another place").isEqualTo(Append.GAP);

    assertThat(reader.failure).isNull();
    assertThat(reader.positions()).containsExactly(0, 5);
    assertThat(commands).noneMatch(RelayResponse::hasCancel);
  }

  @Test
  void ownerThatComesBackIsAskedBeforeItsOverlapCounts() {
    FakeReader reader = new FakeReader();
    stream.follow(reader, 0);
    stream.own(owner);
    stream.append(chunk(0, 5), owner);
    assertThat(stream.append(chunk(4, 3), owner)).isEqualTo(Append.GAP);
    stream.disown(owner);
    assertThat(stream.append(chunk(4, 3), owner)).isEqualTo(Append.GAP);
    stream.own(owner);

    assertThat(stream.append(chunk(4, 3), owner)).isEqualTo(Append.GAP);
    assertThat(reader.failure).isNull();
    assertThat(stream.append(chunk(5, 3), owner)).isEqualTo(Append.TAKEN);
  }

  @Test
  void cancelReachesAnOwnerThatComesLater() {
    assertThat(stream.cancel("client gone")).isTrue();
    assertThat(stream.cancel("client gone")).isFalse();
    stream.own(owner);
    assertThat(commands).hasSize(1);
    assertThat(commands.getFirst().getCancel().getReason()).isEqualTo("client gone");
  }

  @Test
  void returningOwnerIsAskedForWhatIsMissing() {
    stream.own(owner);
    stream.append(chunk(0, 3));
    stream.disown(owner);
    commands.clear();
    stream.own(owner);
    assertThat(commands).extracting(RelayResponse::getResendFrom).contains(3);
  }

  @Test
  void lastReaderLeavingIsToldWithItsIntent() {
    AtomicReference<Boolean> onPurpose = new AtomicReference<>();
    stream.onDeserted(onPurpose::set);
    FakeReader first = new FakeReader();
    FakeReader second = new FakeReader();
    stream.follow(first, 0);
    stream.follow(second, 0);
    stream.unfollow(first, false);
    assertThat(onPurpose.get()).isNull();
    stream.unfollow(second, true);
    assertThat(onPurpose.get()).isTrue();
  }

  @Test
  void brokenReaderStopsNobodyElse() {
    FakeReader broken = new FakeReader();
    FakeReader other = new FakeReader();
    stream.follow(broken, 0);
    stream.follow(other, 0);
    broken.breaks = true;
    assertThat(stream.append(chunk(0, 1))).isEqualTo(Append.TAKEN);
    assertThat(other.positions()).containsExactly(0);
    stream.unfollow(other, false);
    assertThat(stream.isDeserted()).isTrue();
  }

  @Test
  void leavingAfterTheEndDesertsNothing() {
    AtomicReference<Boolean> onPurpose = new AtomicReference<>();
    stream.onDeserted(onPurpose::set);
    FakeReader reader = new FakeReader();
    stream.follow(reader, 0);
    stream.end(end());
    stream.unfollow(reader, true);
    assertThat(onPurpose.get()).isNull();
  }

  /** Whatever the relay repeats, drops or shuffles: each reader sees every position once. */
  @Test
  void positionsStayWholeUnderARandomRelay() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      JobStream random1 =
          new JobStream(
              new JobId(new Hash(seed, 0, 0, 1)), Accepted.getDefaultInstance(), 60, WINDOW);
      int[] resend = {-1};
      random1.own(
          command -> {
            if (command.hasResendFrom()) {
              resend[0] = command.getResendFrom();
            }
          });
      FakeReader reader = new FakeReader();
      random1.follow(reader, 0);
      int next = 0;
      while (random1.nextPosition() < 60) {
        if (resend[0] >= 0) {
          next = resend[0];
          resend[0] = -1;
        }
        if (next >= 60) {
          random1.askAgain();
          continue;
        }
        switch (random.nextInt(4)) {
          case 0 -> next++;
          case 1 -> next = Math.max(0, next - 2);
          default -> random1.append(chunk(next++, 1));
        }
        reader.read(random.nextInt(3));
      }
      reader.read(1000);
      assertThat(reader.positions())
          .as("seed %d", seed)
          .isEqualTo(IntStream.range(0, 60).boxed().toList());
    }
  }

  @Test
  void ownerHearsNowAndThenWhatIsHere() {
    stream.append(chunk(0, 3));
    stream.own(owner);
    commands.clear();

    IntStream.range(3, 60).forEach(i -> stream.append(chunk(i, 1)));

    assertThat(commands)
        .filteredOn(RelayResponse::hasHaveUntil)
        .extracting(RelayResponse::getHaveUntil)
        .containsExactly(19, 35, 51);
    stream.disown(owner);
    stream.append(chunk(60, 30));
    commands.clear();
    stream.own(owner);
    assertThat(commands).extracting(RelayResponse::getResendFrom).contains(90);
  }

  /**
   * The owner dies at any moment after the end: what it has put on the relay until then, in
   * whatever order the tail from the log comes between, makes a whole answer.
   */
  @Test
  void tailFromTheLastConfirmationCompletesTheAnswer() {
    for (long seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      JobStream answer =
          new JobStream(
              new JobId(new Hash(seed, 0, 0, 2)), Accepted.getDefaultInstance(), 200, WINDOW);
      FakeReader reader = new FakeReader();
      reader.room = Integer.MAX_VALUE;
      answer.follow(reader, 0);
      int[] confirmed = {0};
      answer.own(
          command -> {
            if (command.hasHaveUntil() || command.hasResendFrom()) {
              confirmed[0] = Math.max(command.getHaveUntil(), command.getResendFrom());
            }
          });
      List<JobEvent> whole = randomAnswer(random);
      List<JobEvent> relayed = whole.subList(0, random.nextInt(whole.size() + 1));
      int late = random.nextInt(Math.min(5, relayed.size() + 1));
      relayed.subList(0, relayed.size() - late).forEach(answer::append);
      // The confirmation that is under way does not count any more.
      int known = random.nextBoolean() ? confirmed[0] : Math.max(0, confirmed[0] - 16);
      List<JobEvent> tail = whole.stream().filter(event -> isAfter(event, known)).toList();
      Iterator<JobEvent> behind = relayed.subList(relayed.size() - late, relayed.size()).iterator();

      for (JobEvent event : tail) {
        while (behind.hasNext() && random.nextBoolean()) {
          answer.append(behind.next());
        }
        answer.append(event);
      }
      behind.forEachRemaining(answer::append);

      assertThat(reader.events.subList(1, reader.events.size()))
          .as("seed %d", seed)
          .isEqualTo(whole);
    }
  }

  /** Chunks of some tokens each, and now and then text that lagged behind. */
  private static List<JobEvent> randomAnswer(Random random) {
    List<JobEvent> whole = new ArrayList<>();
    int length = 1 + random.nextInt(100);
    int next = 0;
    while (next < length) {
      int tokens = 1 + random.nextInt(3);
      whole.add(chunk(next, tokens));
      next += tokens;
      if (random.nextInt(5) == 0) {
        whole.add(chunk(next, 0));
      }
    }
    return whole;
  }

  private static boolean isAfter(JobEvent event, int position) {
    Chunk chunk = event.getChunk();
    int end = chunk.getFirstPosition() + chunk.getTokenIdsCount();
    return end > position || (end == position && chunk.getTokenIdsCount() == 0);
  }

  private int allowed() {
    return commands.stream().mapToInt(RelayResponse::getAllowUntil).max().orElse(0);
  }

  private static JobEvent chunk(int first, int tokens) {
    Chunk.Builder chunk = Chunk.newBuilder().setAttempt(1).setFirstPosition(first);
    IntStream.range(first, first + tokens).forEach(chunk::addTokenIds);
    return JobEvent.newBuilder().setChunk(chunk).build();
  }

  /** One chunk that says which text belongs to which token. */
  private static JobEvent measured(int first, String... texts) {
    Chunk.Builder chunk =
        Chunk.newBuilder().setAttempt(2).setFirstPosition(first).setText(String.join("", texts));
    for (int i = 0; i < texts.length; i++) {
      chunk.addTokenIds(first + i).addReleased(texts[i].length());
    }
    return JobEvent.newBuilder().setChunk(chunk).build();
  }

  private static JobEvent end() {
    return JobEvent.newBuilder().setCompleted(Completed.getDefaultInstance()).build();
  }
}
