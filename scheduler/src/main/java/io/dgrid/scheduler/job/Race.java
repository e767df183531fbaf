package io.dgrid.scheduler.job;

import static io.dgrid.scheduler.job.Strangers.failure;
import static io.dgrid.scheduler.job.Strangers.forget;
import static io.dgrid.scheduler.job.Strangers.lateResult;
import static io.dgrid.scheduler.job.Strangers.stray;
import static io.dgrid.scheduler.job.Transitions.preceded;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.scheduler.job.JobState.Assigned;
import io.dgrid.scheduler.job.JobState.Racing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;

/**
 * Two attempts that race for a job's first token (a hedged request: J. Dean, L. Barroso, "The Tail
 * at Scale", CACM 56(2), 2013). Each is judged by the rules of a single attempt, as if the other
 * were not there. Who delivers something goes on alone; who fails leaves the job to the other. The
 * one that leaves has delivered nothing, so it is owed nothing, and the job's row of failures stays
 * as it was, but for a worker that it cost: a job that kills must not kill one more for being
 * hedged. While the other one runs, that ends no job: it has met its worker already.
 */
final class Race {
  private final Limits limits;
  private final Timing timing;
  private final Alone alone;

  /** The rules of a job with one attempt. */
  interface Alone {
    Decision apply(Assigned state, Command command, long now);
  }

  Race(Limits limits, Timing timing, Alone alone) {
    this.limits = limits;
    this.timing = timing;
    this.alone = alone;
  }

  /** Whether a second worker may join. */
  boolean mayStart(Assigned state, WorkerId joining) {
    Attempt attempt = state.attempt();
    return state.progress().hedged()
        && attempt.durable()
        && attempt.attached()
        && attempt.ending().isEmpty()
        && attempt.pending().isEmpty()
        && !attempt.worker().equals(joining)
        && state.progress().highestAttempt() < limits.attempts();
  }

  static Decision start(Assigned state, Command.Grant grant, long now) {
    Progress progress = state.progress();
    int number = progress.highestAttempt() + 1;
    Attempt second =
        Attempt.granted(
            number, grant.worker(), grant.offer(), state.attempt().firstPosition(), now);
    return Decision.of(
        new Racing(progress.withAttempt(number), state.attempt(), second),
        new Effect.Granted(second));
  }

  /** The moment from which time changes the state. */
  long due(Racing state) {
    return Math.min(due(state, state.attempt()), due(state, state.second()));
  }

  private long due(Racing state, Attempt attempt) {
    return timing.due(new Assigned(state.progress(), attempt));
  }

  Decision apply(Racing state, Command command, long now) {
    return switch (command) {
      case Command.GrantDurable durable ->
          durable.attempt() == state.second().number()
              ? judge(state, state.second(), command, now)
              : Decision.of(state);
      case Command.ChunkArrived arrived ->
          speaker(state, arrived.worker(), arrived.chunk().attempt())
              .map(attempt -> chunk(state, attempt, arrived, now))
              .orElseGet(() -> stray(state, arrived.worker(), arrived.chunk().attempt()));
      case Command.ResultArrived arrived ->
          speaker(state, arrived.worker(), arrived.attempt())
              .map(attempt -> judge(state, attempt, command, now))
              .orElseGet(() -> lateResult(state, arrived));
      case Command.WorkerReported report ->
          speaker(state, report.worker(), report.attempt())
              .map(attempt -> judge(state, attempt, command, now))
              .orElseGet(() -> stray(state, report.worker(), report.attempt()));
      case Command.SessionLost lost ->
          find(state, attempt -> attempt.worker().equals(lost.worker()))
              .map(attempt -> judge(state, attempt, command, now))
              .orElseGet(() -> Decision.of(state));
      case Command.Allow allow -> allow(state, allow.until());
      case Command.Cancel cancel -> endsWithFirst(state, command, now);
      case Command.Tick tick -> tick(state, tick, now);
      case Command.Grant grant -> Decision.of(state);
      case Command.Refuse refuse -> Decision.of(state);
    };
  }

  /** Text without a token wins nothing: it would cost its sender nothing either. */
  private Decision chunk(Racing state, Attempt attempt, Command.ChunkArrived arrived, long now) {
    return arrived.chunk().size() == 0 ? Decision.of(state) : judge(state, attempt, arrived, now);
  }

  /** What becomes of one attempt decides what becomes of the race. */
  private Decision judge(Racing state, Attempt attempt, Command command, long now) {
    Decision judged = alone.apply(new Assigned(state.progress(), attempt), command, now);
    if (judged.state() instanceof Assigned racing) {
      return new Decision(replaced(state, attempt, racing.attempt()), judged.effects());
    }
    if (judged.effects().stream().anyMatch(Race::delivers)) {
      return preceded(stopped(state, other(state, attempt), now), judged);
    }
    return without(state, attempt, judged);
  }

  private static boolean delivers(Effect effect) {
    return effect instanceof Effect.Deliver || effect instanceof Effect.ReceiptFiled;
  }

  /** The attempt failed: its worker hears so, and the job is the other one's. */
  private static Decision without(Racing state, Attempt attempt, Decision judged) {
    DGridException why = failure("the attempt failed in a race");
    int lost = judged.state().progress().lost();
    boolean cost = lost > state.progress().lost();
    List<Effect> effects = new ArrayList<>();
    for (Effect effect : judged.effects()) {
      if (effect instanceof Effect.Ended ended) {
        why = ended.failure();
      } else if (!(effect instanceof Effect.Durable)) {
        effects.add(effect);
      }
    }
    Effect.Ended.How how = cost ? Effect.Ended.How.LOST_IN_RACE : Effect.Ended.How.LEFT_RACE;
    Progress progress = cost ? state.progress().withLost(lost) : state.progress();
    return preceded(
        List.of(ended(attempt, why, how)),
        new Decision(new Assigned(progress, other(state, attempt)), effects));
  }

  /** The slower one is told to stop; the market remembers how long it had sent nothing. */
  private static List<Effect> stopped(Racing state, Attempt slower, long now) {
    List<Effect> effects = new ArrayList<>();
    if (slower.durable()) {
      effects.add(forget(slower.worker(), slower.number()));
      effects.add(new Effect.Overtaken(slower.worker(), now - slower.since()));
    }
    effects.add(
        ended(
            slower,
            new DGridException(ErrorCode.CANCELLED, "another worker was faster"),
            Effect.Ended.How.OVERTAKEN));
    return effects;
  }

  private static Effect ended(Attempt attempt, DGridException why, Effect.Ended.How how) {
    return new Effect.Ended(
        attempt.number(), attempt.worker().node(), why, Optional.empty(), List.of(), how);
  }

  /** The job ends: the second is stopped, the first may hand in what it has. */
  private Decision endsWithFirst(Racing state, Command command, long now) {
    Attempt second = state.second();
    List<Effect> effects = new ArrayList<>();
    if (second.durable()) {
      effects.add(forget(second.worker(), second.number()));
    }
    effects.add(
        ended(
            second,
            new DGridException(ErrorCode.CANCELLED, "the job ends"),
            Effect.Ended.How.OVERTAKEN));
    return preceded(
        effects, alone.apply(new Assigned(state.progress(), state.attempt()), command, now));
  }

  private static Decision allow(Racing state, int until) {
    Progress progress = state.progress();
    if (until <= progress.allowUntil()) {
      return Decision.of(state);
    }
    List<Effect> effects = new ArrayList<>();
    for (Attempt attempt : state.attempts()) {
      if (attempt.durable() && attempt.attached()) {
        effects.add(
            new Effect.Flow(attempt.worker(), attempt.number(), until, OptionalInt.empty()));
      }
    }
    return new Decision(
        new Racing(progress.allowing(until), state.attempt(), state.second()), effects);
  }

  private Decision tick(Racing state, Command.Tick tick, long now) {
    if (now >= state.progress().spec().deadline()) {
      return endsWithFirst(state, tick, now);
    }
    return find(state, attempt -> now >= due(state, attempt))
        .map(late -> judge(state, late, tick, now))
        .orElseGet(() -> Decision.of(state));
  }

  private static Optional<Attempt> speaker(Racing state, WorkerId worker, int number) {
    return find(
        state,
        attempt ->
            attempt.number() == number && attempt.durable() && attempt.worker().accepts(worker));
  }

  private static Optional<Attempt> find(Racing state, Predicate<Attempt> which) {
    return state.attempts().stream().filter(which).findFirst();
  }

  private static Attempt other(Racing state, Attempt one) {
    return one == state.attempt() ? state.second() : state.attempt();
  }

  private static Racing replaced(Racing state, Attempt before, Attempt after) {
    return before == state.attempt()
        ? new Racing(state.progress(), after, state.second())
        : new Racing(state.progress(), state.attempt(), after);
  }
}
