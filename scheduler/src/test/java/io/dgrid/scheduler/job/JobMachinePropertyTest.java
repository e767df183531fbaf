package io.dgrid.scheduler.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whatever the order of commands, the promises of a job hold. */
class JobMachinePropertyTest {
  private static final int RUNS = 2_000;
  private static final int COMMANDS = 120;

  @Test
  void promisesHoldUnderRandomCommandOrders() {
    long base = Long.getLong("dgrid.test.seed", System.nanoTime());
    Set<Class<?>> ends = new HashSet<>();
    int mostReceipts = 0;
    int races = 0;
    for (int run = 0; run < RUNS; run++) {
      long seed = base + run;
      try {
        Life life = new Life(seed);
        JobState end = life.live();
        races += life.races > 0 ? 1 : 0;
        ends.add(end.getClass());
        mostReceipts = Math.max(mostReceipts, end.progress().receipts().size());
      } catch (RuntimeException | AssertionError broken) {
        throw new AssertionError("seed " + seed + " (-Ddgrid.test.seed=" + seed + ")", broken);
      }
    }
    // Else the orders are too tame to show anything.
    assertThat(ends).hasSize(4);
    assertThat(mostReceipts).isGreaterThan(1);
    assertThat(races).isGreaterThan(RUNS / 50);
  }

  /** One job under one random order, and everything it has done so far. */
  private static final class Life {
    private final Random random;
    private final JobMachine machine = new JobMachine(JobFixture.LIMITS);
    private JobState state = JobFixture.hedged(40);
    private long now;
    private int delivered;
    private int highestGranted;
    private int finished;
    private int speaking;
    private int hedged;
    private int races;
    private final Set<Integer> assigned = new HashSet<>();
    private final Set<Integer> durable = new HashSet<>();
    private final Set<Integer> ended = new HashSet<>();

    Life(long seed) {
      random = new Random(seed);
    }

    JobState live() {
      for (int i = 0; i < COMMANDS; i++) {
        now += random.nextInt(300);
        apply(command());
      }
      now = JobFixture.DEADLINE;
      for (int i = 0; i < 4 && !(state instanceof JobState.Terminal); i++) {
        apply(new Command.Tick());
        now += JobFixture.LIMITS.ending() + 1;
        if (state instanceof JobState.Active active && !active.attempt().durable()) {
          apply(new Command.GrantDurable(active.attempt().number()));
        }
      }
      assertThat(state).isInstanceOf(JobState.Terminal.class);
      assertThat(finished).isOne();
      rangesDoNotOverlap(state.progress().receipts());
      return state;
    }

    private void apply(Command command) {
      JobState before = state;
      timeIsNotWatchedInVain(before);
      if (command instanceof Command.GrantDurable grant) {
        durable.add(grant.attempt());
      }
      Decision decision = machine.apply(before, command, now);
      state = decision.state();
      decision.effects().forEach(effect -> check(before, effect));
      assertThat(state.progress().transcript().end()).isEqualTo(delivered);
      assertThat(state.progress().fruitless())
          .isLessThanOrEqualTo(JobFixture.LIMITS.fruitlessAttempts());
      assertThat(state.progress().lost()).isLessThanOrEqualTo(JobFixture.LIMITS.lostWorkers());
      assertThat(state.progress().highestAttempt())
          .isEqualTo(highestGranted)
          .isLessThanOrEqualTo(JobFixture.LIMITS.attempts());
      if (state instanceof JobState.Racing) {
        races++;
      }
      if (before instanceof JobState.Terminal) {
        assertThat(state.getClass()).isEqualTo(before.getClass());
      }
    }

    /** A tick does nothing before its moment, and something then: else it would come for ever. */
    private void timeIsNotWatchedInVain(JobState before) {
      long due = machine.due(before);
      if (now < due) {
        assertThat(machine.apply(before, new Command.Tick(), now)).isEqualTo(Decision.of(before));
      }
      if (due != Long.MAX_VALUE) {
        assertThat(machine.apply(before, new Command.Tick(), Math.max(now, due)))
            .isNotEqualTo(Decision.of(before));
      }
    }

    private void check(JobState before, Effect effect) {
      boolean over = before instanceof JobState.Terminal;
      switch (effect) {
        case Effect.Granted granted -> {
          assertThat(over).isFalse();
          assertThat(granted.attempt().number()).isEqualTo(++highestGranted);
          assertThat(granted.attempt().firstPosition()).isEqualTo(delivered);
        }
        case Effect.Assign assign -> {
          assertThat(over).isFalse();
          assertThat(durable).contains(assign.attempt().number());
          assertThat(assigned.add(assign.attempt().number())).isTrue();
          assertThat(assign.attempt().number()).isEqualTo(highestGranted);
        }
        case Effect.Deliver deliver -> {
          assertThat(over).isFalse();
          assertThat(deliver.chunk().firstPosition()).isEqualTo(delivered);
          assertThat(assigned).contains(deliver.chunk().attempt());
          assertThat(ended).doesNotContain(deliver.chunk().attempt());
          assertThat(deliver.chunk().attempt()).isGreaterThanOrEqualTo(speaking);
          speaking = deliver.chunk().attempt();
          delivered += deliver.chunk().size();
        }
        case Effect.Ended end -> ended.add(end.attempt());
        case Effect.Finished end -> {
          assertThat(over).isFalse();
          finished++;
        }
        case Effect.Acknowledge ack ->
            assertThat(
                    state.progress().filed(ack.attempt())
                        || ended.contains(ack.attempt())
                        || state instanceof JobState.Terminal)
                .isTrue();
        case Effect.ReceiptFiled filed -> {
          Receipt receipt = filed.receipt().receipt().statement();
          assertThat(receipt.firstPosition() + receipt.outputTokens())
              .isLessThanOrEqualTo(delivered);
        }
        case Effect.Flow flow -> assertThat(ended).doesNotContain(flow.attempt());
        case Effect.Hedge hedge -> assertThat(hedged++).isZero();
        case Effect.Withdraw withdraw -> {}
        case Effect.FirstToken first -> assertThat(first.millis()).isNotNegative();
        case Effect.Overtaken slow -> assertThat(slow.millis()).isNotNegative();
        case Effect.WorkerFailed failed -> {}
        case Effect.WorkerServed served -> {}
        case Effect.WorkerDeclined declined -> assertThat(over).isFalse();
      }
    }

    private Command command() {
      WorkerId worker = JobFixture.worker(random.nextInt(3));
      int attempt = Math.max(1, highestGranted - random.nextInt(3));
      if (random.nextInt(3) > 0 && state instanceof JobState.Active active) {
        // Mostly what a good worker would say, so that deep states are reached.
        Attempt current = active.attempts().get(random.nextInt(active.attempts().size()));
        worker = current.worker();
        attempt = current.number();
      }
      return switch (random.nextInt(40)) {
        case 0, 1, 2, 3, 4 -> new Command.Grant(worker, JobFixture.offer(worker));
        case 5, 6, 7, 8, 9, 10 ->
            highestGranted == 0 ? new Command.Tick() : new Command.GrantDurable(highestGranted);
        case 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22 ->
            new Command.ChunkArrived(worker, chunk(attempt));
        case 23, 24, 25, 26 -> new Command.ResultArrived(worker, attempt, result(worker, attempt));
        case 27, 28, 29 -> new Command.WorkerReported(worker, attempt);
        case 30, 31 -> new Command.SessionLost(worker);
        case 32, 33 -> new Command.Allow(random.nextInt(60));
        case 34 ->
            random.nextInt(4) == 0 ? new Command.Cancel("client cancelled") : new Command.Tick();
        case 35 ->
            random.nextInt(8) == 0
                ? new Command.Refuse(new DGridException(ErrorCode.NO_WORKER, "none"))
                : new Command.Tick();
        default -> new Command.Tick();
      };
    }

    private Chunk chunk(int attempt) {
      int first =
          random.nextInt(3) > 0 ? delivered : Math.max(0, delivered + random.nextInt(7) - 3);
      return new JobFixture.FakeChunk(attempt, first, random.nextInt(4));
    }

    private Result result(WorkerId worker, int attempt) {
      return switch (random.nextInt(7)) {
        case 6 -> new Result.Declined(new DGridException(ErrorCode.RATE_LIMITED, "full"));
        case 0 -> new Result.Nothing(new DGridException(ErrorCode.WORKER_FAILED, "broken"));
        case 1 -> new Result.Forged("AMOUNT");
        default -> {
          int first =
              state instanceof JobState.Active active ? active.attempt().firstPosition() : 0;
          int end = Math.max(first, delivered + (random.nextInt(5) == 0 ? 1 : 0));
          FinishReason reason = FinishReason.values()[random.nextInt(4)];
          yield new Result.Worked(
              JobFixture.receipt(state, worker, attempt, first, end, reason), Optional.empty());
        }
      };
    }

    private static void rangesDoNotOverlap(List<IssuedReceipt> receipts) {
      int next = 0;
      for (IssuedReceipt issued : receipts) {
        Receipt receipt = issued.receipt().statement();
        assertThat(receipt.firstPosition()).isGreaterThanOrEqualTo(next);
        next = receipt.firstPosition() + receipt.outputTokens();
      }
    }
  }
}
