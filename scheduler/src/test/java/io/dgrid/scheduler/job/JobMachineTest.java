package io.dgrid.scheduler.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.receipt.FinishReason;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class JobMachineTest {
  private static final WorkerId FIRST = JobFixture.worker(0);
  private static final WorkerId SECOND = JobFixture.worker(1);

  private static final DGridException FULL =
      new DGridException(ErrorCode.RATE_LIMITED, "another job has taken the slot");

  private final JobMachine machine = new JobMachine(JobFixture.LIMITS);
  private JobState state = JobFixture.queued(40);
  private List<Effect> effects = List.of();
  private long now;

  @Test
  void workerHearsOfItsAttemptOnlyOnceTheGrantIsDurable() {
    apply(new Command.Grant(FIRST, JobFixture.offer(FIRST)));
    assertThat(effects).hasOnlyElementsOfType(Effect.Granted.class);

    apply(new Command.GrantDurable(1));

    assertThat(effects).hasOnlyElementsOfType(Effect.Assign.class);
  }

  @Test
  void brokenSessionKeepsItsAttemptForTheGraceAndIsAdopted() {
    running(FIRST, 5);
    apply(new Command.SessionLost(FIRST));
    now += JobFixture.LIMITS.grace() - 1;
    apply(new Command.Tick());
    assertThat(state).isInstanceOf(JobState.Running.class);

    apply(new Command.WorkerReported(FIRST, 1));

    assertThat(effects).containsExactly(new Effect.Flow(FIRST, 1, 16, OptionalInt.of(5)));
  }

  @Test
  void declinedAssignmentBlamesNobodyAndIsNoFruitlessAttempt() {
    apply(new Command.Grant(FIRST, JobFixture.offer(FIRST)));
    apply(new Command.GrantDurable(1));

    apply(new Command.ResultArrived(FIRST, 1, new Result.Declined(FULL)));

    assertThat(state).isInstanceOf(JobState.Queued.class);
    assertThat(state.progress().fruitless()).isZero();
    assertThat(effects)
        .noneMatch(Effect.WorkerFailed.class::isInstance)
        .contains(new Effect.WorkerDeclined(FIRST), new Effect.Acknowledge(FIRST, 1));
  }

  @Test
  void declinedAssignmentsEndAJobOnlyAtTheMostAttempts() {
    for (int number = 1; number <= JobFixture.LIMITS.attempts(); number++) {
      assertThat(state).isInstanceOf(JobState.Queued.class);
      apply(new Command.Grant(FIRST, JobFixture.offer(FIRST)));
      apply(new Command.GrantDurable(number));
      apply(new Command.ResultArrived(FIRST, number, new Result.Declined(FULL)));
    }

    assertThat(state).isInstanceOf(JobState.Failed.class);
  }

  @Test
  void workerThatDeclinesAfterItsFirstTokenHasFailed() {
    running(FIRST, 5);

    apply(new Command.ResultArrived(FIRST, 1, new Result.Declined(FULL)));

    assertThat(effects).contains(new Effect.WorkerFailed(FIRST, false));
  }

  @Test
  void lostAttemptContinuesElsewhereAndItsLateChunksAreDropped() {
    running(FIRST, 5);
    apply(new Command.SessionLost(FIRST));
    now += JobFixture.LIMITS.grace();
    apply(new Command.Tick());
    assertThat(state).isInstanceOf(JobState.Queued.class);
    apply(new Command.Grant(SECOND, JobFixture.offer(SECOND)));
    apply(new Command.GrantDurable(2));

    apply(new Command.ChunkArrived(FIRST, new JobFixture.FakeChunk(1, 5, 3)));

    assertThat(state.progress().transcript().end()).isEqualTo(5);
    assertThat(effects)
        .containsExactly(
            new Effect.Withdraw(FIRST, 1, "the attempt was taken over", true, OptionalInt.of(5)));
  }

  @Test
  void takenOverWorkerIsBilledForExactlyWhatItDelivered() {
    lostAttemptContinuesElsewhereAndItsLateChunksAreDropped();

    apply(worked(FIRST, 1, 0, 8, FinishReason.INTERRUPTED));
    assertThat(state.progress().receipts()).isEmpty();
    apply(worked(FIRST, 1, 0, 5, FinishReason.INTERRUPTED));

    assertThat(state.progress().receipts()).hasSize(1);
    assertThat(effects).last().isEqualTo(new Effect.Acknowledge(FIRST, 1));
  }

  @Test
  void threeAttemptsWithoutATokenEndTheJob() {
    for (int attempt = 1; attempt <= 3; attempt++) {
      apply(new Command.Grant(FIRST, JobFixture.offer(FIRST)));
      apply(new Command.GrantDurable(attempt));
      now += JobFixture.LIMITS.firstChunk();
      apply(new Command.Tick());
    }

    assertThat(state).isInstanceOf(JobState.Failed.class);
    assertThat(((JobState.Failed) state).failure().code()).isEqualTo(ErrorCode.JOB_QUARANTINED);
  }

  @Test
  void jobThatKillsThreeWorkersAfterSomeTokensIsQuarantined() {
    for (int attempt = 1; attempt <= 3; attempt++) {
      assertThat(state).isInstanceOf(JobState.Queued.class);
      killed(attempt, 2);
    }

    assertThat(state).isInstanceOf(JobState.Failed.class);
    assertThat(((JobState.Failed) state).failure().code()).isEqualTo(ErrorCode.JOB_QUARANTINED);
  }

  @Test
  void workerThatSaysHowItsAttemptEndedEndsTheRowOfLostOnes() {
    killed(1, 2);
    killed(2, 2);
    granted(3, 2);
    apply(worked(FIRST, 3, 4, 6, FinishReason.INTERRUPTED));
    killed(4, 2);
    killed(5, 2);
    assertThat(state).isInstanceOf(JobState.Queued.class);

    killed(6, 2);

    assertThat(state).isInstanceOf(JobState.Failed.class);
  }

  @Test
  void workerThatComesBackWithItsReceiptWasNotKilled() {
    killed(1, 2);
    killed(2, 2);
    apply(worked(FIRST, 2, 2, 4, FinishReason.INTERRUPTED));
    killed(3, 2);
    assertThat(state).isInstanceOf(JobState.Queued.class);

    killed(4, 2);

    assertThat(state).isInstanceOf(JobState.Failed.class);
  }

  @Test
  void workerThatLeftBeforeItHeardOfTheJobDidNotDieOfIt() {
    for (int attempt = 1; attempt <= 2; attempt++) {
      apply(new Command.Grant(FIRST, JobFixture.offer(FIRST)));
      apply(new Command.SessionLost(FIRST));
      apply(new Command.GrantDurable(attempt));
    }

    assertThat(state).isInstanceOf(JobState.Queued.class);
    assertThat(state.progress().lost()).isZero();
  }

  @Test
  void workerThatWaitsForTheClientIsNotStalled() {
    running(FIRST, 16);

    now += 60_000;
    apply(new Command.Tick());
    assertThat(state).isInstanceOf(JobState.Running.class);
    apply(new Command.Allow(20));
    now += JobFixture.LIMITS.nextChunk() - 1;
    apply(new Command.Tick());
    assertThat(state).isInstanceOf(JobState.Running.class);
    now += 1;
    apply(new Command.Tick());

    assertThat(state).isInstanceOf(JobState.Queued.class);
  }

  @Test
  void gapIsAskedForOnceAndTheResultWaitsForItsChunks() {
    running(FIRST, 5);

    apply(worked(FIRST, 1, 0, 8, FinishReason.STOP));
    assertThat(effects).containsExactly(new Effect.Flow(FIRST, 1, 16, OptionalInt.of(5)));
    apply(new Command.ChunkArrived(FIRST, new JobFixture.FakeChunk(1, 7, 1)));
    assertThat(effects).isEmpty();
    apply(new Command.ChunkArrived(FIRST, new JobFixture.FakeChunk(1, 5, 3)));

    assertThat(state).isInstanceOf(JobState.Succeeded.class);
    assertThat(effects).last().isEqualTo(new Effect.Acknowledge(FIRST, 1));
  }

  @Test
  void repeatedResultIsAcknowledgedAndNotFiledTwice() {
    running(FIRST, 5);
    Command result = worked(FIRST, 1, 0, 5, FinishReason.STOP);
    apply(result);

    apply(result);

    assertThat(effects).containsExactly(new Effect.Acknowledge(FIRST, 1));
  }

  @Test
  void cancelBeforeTheGrantIsDurableEndsAtOnceAndNothingIsAssigned() {
    apply(new Command.Grant(FIRST, JobFixture.offer(FIRST)));
    apply(new Command.Cancel("client gone"));
    assertThat(state).isInstanceOf(JobState.Cancelled.class);

    apply(new Command.GrantDurable(1));

    assertThat(effects).isEmpty();
  }

  @Test
  void receiptWithOtherTokensIsForgedAndUnpaid() {
    running(FIRST, 5);

    apply(worked(FIRST, 1, 0, 4, FinishReason.STOP));

    assertThat(state).isInstanceOf(JobState.Queued.class);
    assertThat(effects).contains(new Effect.WorkerFailed(FIRST, true));
    assertThat(state.progress().claims()).isEmpty();
  }

  @Test
  void receiptThatBillsMoreInputThanThePromptHasIsForgedAndUnpaid() {
    running(FIRST, 5);

    apply(workedWithInput(FIRST, 1, 0, 5, FinishReason.STOP, 4));

    assertThat(state).isInstanceOf(JobState.Queued.class);
    assertThat(effects).contains(new Effect.WorkerFailed(FIRST, true));
    assertThat(state.progress().receipts()).isEmpty();
    assertThat(state.progress().claims()).isEmpty();
  }

  @Test
  void lateReceiptThatBillsMoreInputThanThePromptHasIsNotFiled() {
    lostAttemptContinuesElsewhereAndItsLateChunksAreDropped();

    apply(workedWithInput(FIRST, 1, 0, 5, FinishReason.INTERRUPTED, 4));

    assertThat(state.progress().receipts()).isEmpty();
    assertThat(effects).noneMatch(Effect.Durable.class::isInstance);
  }

  @Test
  void nothingIsFiledAfterTheEndBecauseTheBillIsClosed() {
    lostAttemptContinuesElsewhereAndItsLateChunksAreDropped();
    apply(new Command.ChunkArrived(SECOND, new JobFixture.FakeChunk(2, 5, 3)));
    apply(worked(SECOND, 2, 5, 8, FinishReason.STOP));
    assertThat(state).isInstanceOf(JobState.Succeeded.class);

    apply(worked(FIRST, 1, 0, 5, FinishReason.INTERRUPTED));

    assertThat(effects).noneMatch(Effect.Durable.class::isInstance);
    assertThat(state.progress().receipts()).hasSize(1);
  }

  private void granted(int attempt, int tokens) {
    int first = state.progress().transcript().end();
    apply(new Command.Grant(FIRST, JobFixture.offer(FIRST)));
    apply(new Command.GrantDurable(attempt));
    apply(new Command.ChunkArrived(FIRST, new JobFixture.FakeChunk(attempt, first, tokens)));
  }

  private void killed(int attempt, int tokens) {
    granted(attempt, tokens);
    apply(new Command.SessionLost(FIRST));
    now += JobFixture.LIMITS.grace();
    apply(new Command.Tick());
  }

  private Command workedWithInput(
      WorkerId worker, int attempt, int first, int end, FinishReason reason, int input) {
    return new Command.ResultArrived(
        worker,
        attempt,
        new Result.Worked(
            JobFixture.receipt(state, worker, attempt, first, end, reason, input),
            Optional.empty()));
  }

  private Command worked(WorkerId worker, int attempt, int first, int end, FinishReason reason) {
    return new Command.ResultArrived(
        worker,
        attempt,
        new Result.Worked(
            JobFixture.receipt(state, worker, attempt, first, end, reason), Optional.empty()));
  }

  private void running(WorkerId worker, int tokens) {
    apply(new Command.Grant(worker, JobFixture.offer(worker)));
    apply(new Command.GrantDurable(1));
    apply(new Command.ChunkArrived(worker, new JobFixture.FakeChunk(1, 0, tokens)));
  }

  private void apply(Command command) {
    Decision decision = machine.apply(state, command, now);
    state = decision.state();
    effects = decision.effects();
  }
}
