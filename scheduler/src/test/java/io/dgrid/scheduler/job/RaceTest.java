package io.dgrid.scheduler.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.receipt.FinishReason;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RaceTest {
  private static final WorkerId FIRST = JobFixture.worker(0);
  private static final WorkerId SECOND = JobFixture.worker(1);

  private final JobMachine machine = new JobMachine(JobFixture.LIMITS);
  private JobState state = JobFixture.hedged(40);
  private List<Effect> effects = List.of();
  private long now;

  @BeforeEach
  void assign() {
    apply(new Command.Grant(FIRST, JobFixture.offer(FIRST)));
    apply(new Command.GrantDurable(1));
  }

  @Test
  void lateFirstTokenAsksForASecondWorkerOnce() {
    now += JobFixture.HEDGE - 1;
    apply(new Command.Tick());
    assertThat(effects).isEmpty();

    now++;
    apply(new Command.Tick());
    assertThat(effects).containsExactly(new Effect.Hedge());

    now++;
    apply(new Command.Tick());
    assertThat(effects).isEmpty();
  }

  @Test
  void nobodyJoinsAJobThatDidNotAskForIt() {
    apply(new Command.Grant(SECOND, JobFixture.offer(SECOND)));

    assertThat(state).isInstanceOf(JobState.Assigned.class);
    assertThat(effects).isEmpty();
  }

  @Test
  void workerNeverRacesAgainstItself() {
    late();
    apply(new Command.Grant(FIRST, JobFixture.offer(FIRST)));

    assertThat(state).isInstanceOf(JobState.Assigned.class);
  }

  @Test
  void secondWorkerHearsOfItOnlyOnceTheLogDoes() {
    late();
    apply(new Command.Grant(SECOND, JobFixture.offer(SECOND)));
    assertThat(effects).hasOnlyElementsOfType(Effect.Granted.class);

    apply(new Command.ChunkArrived(SECOND, chunk(2, 0, 1)));
    assertThat(state).isInstanceOf(JobState.Racing.class);
    assertThat(effects).noneMatch(Effect.Deliver.class::isInstance);

    apply(new Command.GrantDurable(2));
    assertThat(effects).hasOnlyElementsOfType(Effect.Assign.class);
  }

  @Test
  void secondIsFasterAndTheFirstIsStoppedRememberedAsSlowAndNeverBilled() {
    race();
    now += 300;

    apply(new Command.ChunkArrived(SECOND, chunk(2, 0, 3)));

    assertThat(((JobState.Running) state).attempt().number()).isEqualTo(2);
    assertThat(effects)
        .contains(
            new Effect.Withdraw(FIRST, 1, "the attempt is void", false, OptionalInt.empty()),
            new Effect.Overtaken(FIRST, JobFixture.HEDGE + 300))
        .anyMatch(effect -> isOvertaken(effect, 1));

    apply(new Command.ChunkArrived(FIRST, chunk(1, 0, 5)));
    apply(worked(FIRST, 1, 0, 5));
    assertThat(state.progress().transcript().end()).isEqualTo(3);
    assertThat(state.progress().receipts()).isEmpty();

    apply(worked(SECOND, 2, 0, 3));
    assertThat(state).isInstanceOf(JobState.Succeeded.class);
    assertThat(state.progress().receipts()).hasSize(1);
  }

  @Test
  void firstIsFasterAfterAllAndTheSecondIsStopped() {
    race();

    apply(new Command.ChunkArrived(FIRST, chunk(1, 0, 3)));

    assertThat(((JobState.Running) state).attempt().number()).isOne();
    assertThat(effects)
        .contains(new Effect.Withdraw(SECOND, 2, "the attempt is void", false, OptionalInt.empty()))
        .anyMatch(effect -> isOvertaken(effect, 2));
    assertThat(state.progress().fruitless()).isZero();
  }

  @Test
  void firstAnswersBeforeTheSecondGrantIsDurableAndTheSecondNeverHearsOfIt() {
    late();
    apply(new Command.Grant(SECOND, JobFixture.offer(SECOND)));
    apply(new Command.ChunkArrived(FIRST, chunk(1, 0, 3)));
    assertThat(effects).noneMatch(Effect.Withdraw.class::isInstance);

    apply(new Command.GrantDurable(2));

    assertThat(effects).isEmpty();
  }

  @Test
  void whoFailsLeavesTheJobToTheOther() {
    race();

    apply(new Command.SessionLost(FIRST));
    assertThat(state).isInstanceOf(JobState.Racing.class);
    now += JobFixture.LIMITS.grace();
    apply(new Command.Tick());

    assertThat(((JobState.Assigned) state).attempt().number()).isEqualTo(2);
    assertThat(effects).contains(new Effect.WorkerFailed(FIRST, false));

    apply(new Command.ChunkArrived(SECOND, chunk(2, 0, 1)));
    assertThat(state).isInstanceOf(JobState.Running.class);
  }

  @Test
  void secondThatDeclinesIsNotBlamed() {
    race();

    apply(
        new Command.ResultArrived(
            SECOND, 2, new Result.Declined(new DGridException(ErrorCode.RATE_LIMITED, "no slot"))));

    assertThat(((JobState.Assigned) state).attempt().number()).isOne();
    assertThat(effects)
        .contains(new Effect.WorkerDeclined(SECOND), new Effect.Acknowledge(SECOND, 2))
        .noneMatch(Effect.WorkerFailed.class::isInstance);
  }

  @Test
  void bothAreSilentAndEachIsGivenUpAtItsOwnTime() {
    race();
    now += JobFixture.LIMITS.firstChunk() - JobFixture.HEDGE;
    apply(new Command.Tick());
    assertThat(((JobState.Assigned) state).attempt().number()).isEqualTo(2);

    now += JobFixture.HEDGE;
    apply(new Command.Tick());

    assertThat(state).isInstanceOf(JobState.Queued.class);
  }

  @Test
  void workerThatComesBackInTimeRacesOn() {
    race();
    apply(new Command.SessionLost(FIRST));

    apply(new Command.WorkerReported(FIRST, 1));

    assertThat(state).isInstanceOf(JobState.Racing.class);
    assertThat(effects).hasOnlyElementsOfType(Effect.Flow.class);
  }

  @Test
  void nothingButATokenAtItsPlaceWins() {
    race();

    apply(new Command.ChunkArrived(SECOND, chunk(2, 0, 0)));
    assertThat(state).isInstanceOf(JobState.Racing.class);
    apply(new Command.ChunkArrived(SECOND, chunk(2, 7, 2)));
    assertThat(state).isInstanceOf(JobState.Racing.class);
    apply(new Command.ChunkArrived(SECOND, chunk(2, 0, 41)));

    assertThat(((JobState.Assigned) state).attempt().number()).isOne();
    assertThat(effects)
        .contains(new Effect.WorkerFailed(SECOND, false))
        .noneMatch(Effect.Deliver.class::isInstance);
  }

  @Test
  void forgedResultLosesTheRaceItWouldWin() {
    race();

    apply(new Command.ResultArrived(SECOND, 2, new Result.Forged("AMOUNT")));

    assertThat(((JobState.Assigned) state).attempt().number()).isOne();
    assertThat(state.progress().fruitless()).isZero();
    assertThat(effects)
        .contains(new Effect.WorkerFailed(SECOND, true))
        .anyMatch(effect -> isEnded(effect, 2, Effect.Ended.How.LEFT_RACE));
  }

  @Test
  void workersThatFallSilentInARaceCountTowardsQuarantine() {
    race();

    goSilent(FIRST);
    assertThat(effects).anyMatch(effect -> isEnded(effect, 1, Effect.Ended.How.LOST_IN_RACE));
    assertThat(state.progress().lost()).isOne();
    goSilent(SECOND);
    assertThat(state.progress().lost()).isEqualTo(2);
    WorkerId third = JobFixture.worker(2);
    apply(new Command.Grant(third, JobFixture.offer(third)));
    apply(new Command.GrantDurable(3));
    goSilent(third);

    JobState.Failed failed = (JobState.Failed) state;
    assertThat(failed.failure().code()).isEqualTo(ErrorCode.JOB_QUARANTINED);
  }

  @Test
  void lossThatWouldQuarantineWaitsForTheOneThatRunsAnyway() {
    race();
    Progress nearly = state.progress().withLost(JobFixture.LIMITS.lostWorkers() - 1);
    JobState.Racing racing = (JobState.Racing) state;
    state = new JobState.Racing(nearly, racing.attempt(), racing.second());

    goSilent(FIRST);
    assertThat(((JobState.Assigned) state).attempt().number()).isEqualTo(2);
    apply(new Command.ChunkArrived(SECOND, chunk(2, 0, 3)));
    apply(worked(SECOND, 2, 0, 3));

    assertThat(state).isInstanceOf(JobState.Succeeded.class);
  }

  private void goSilent(WorkerId worker) {
    apply(new Command.SessionLost(worker));
    now += JobFixture.LIMITS.grace();
    apply(new Command.Tick());
  }

  @Test
  void cancelStopsBoth() {
    race();

    apply(new Command.Cancel("the client is gone"));

    assertThat(effects)
        .filteredOn(Effect.Withdraw.class::isInstance)
        .extracting(effect -> ((Effect.Withdraw) effect).worker())
        .containsExactlyInAnyOrder(FIRST, SECOND);
  }

  private void late() {
    now += JobFixture.HEDGE;
    apply(new Command.Tick());
  }

  private void race() {
    late();
    apply(new Command.Grant(SECOND, JobFixture.offer(SECOND)));
    apply(new Command.GrantDurable(2));
  }

  private static boolean isOvertaken(Effect effect, int attempt) {
    return isEnded(effect, attempt, Effect.Ended.How.OVERTAKEN);
  }

  private static boolean isEnded(Effect effect, int attempt, Effect.Ended.How how) {
    return effect instanceof Effect.Ended ended
        && ended.attempt() == attempt
        && ended.how() == how
        && ended.receipt().isEmpty();
  }

  private static Chunk chunk(int attempt, int first, int size) {
    return new JobFixture.FakeChunk(attempt, first, size);
  }

  private Command worked(WorkerId worker, int attempt, int first, int end) {
    return new Command.ResultArrived(
        worker,
        attempt,
        new Result.Worked(
            JobFixture.receipt(state, worker, attempt, first, end, FinishReason.STOP),
            Optional.empty()));
  }

  private void apply(Command command) {
    Decision decision = machine.apply(state, command, now);
    state = decision.state();
    effects = decision.effects();
  }
}
