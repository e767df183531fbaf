package io.dgrid.scheduler.job;

import static io.dgrid.scheduler.job.Strangers.failure;
import static io.dgrid.scheduler.job.Strangers.lateResult;
import static io.dgrid.scheduler.job.Strangers.stray;
import static io.dgrid.scheduler.job.Transitions.followed;
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
 * at Scale", CACM 56(2), 2013). Whoever sends something first goes on alone under the rules of a
 * single attempt. The other has delivered nothing, so it is owed nothing; it does not count as
 * fruitless either.
 */
final class Race {
  private final Limits limits;
  private final Alone alone;

  /** The rules of a job with one attempt. */
  interface Alone {
    Decision apply(Assigned state, Command command, long now);
  }

  Race(Limits limits, Alone alone) {
    this.limits = limits;
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
    long due = state.progress().spec().deadline();
    for (Attempt attempt : state.attempts()) {
      if (attempt.durable()) {
        due = Math.min(due, attempt.since() + limits.firstChunk());
      }
    }
    return due;
  }

  Decision apply(Racing state, Command command, long now) {
    return switch (command) {
      case Command.GrantDurable durable -> grantDurable(state, durable.attempt(), now);
      case Command.ChunkArrived arrived ->
          speaker(state, arrived.worker(), arrived.chunk().attempt())
              .map(winner -> won(state, winner, command, now))
              .orElseGet(() -> stray(state, arrived.worker(), arrived.chunk().attempt()));
      case Command.ResultArrived arrived ->
          speaker(state, arrived.worker(), arrived.attempt())
              .map(attempt -> result(state, attempt, arrived, now))
              .orElseGet(() -> lateResult(state, arrived));
      case Command.WorkerReported report ->
          speaker(state, report.worker(), report.attempt()).isPresent()
              ? Decision.of(state)
              : stray(state, report.worker(), report.attempt());
      case Command.SessionLost lost ->
          find(state, attempt -> attempt.worker().equals(lost.worker()))
              .map(
                  attempt ->
                      failed(
                          state, attempt, failure("the worker's session was lost"), blame(attempt)))
              .orElseGet(() -> Decision.of(state));
      case Command.Allow allow -> allow(state, allow.until());
      case Command.Cancel cancel -> won(state, state.attempt(), command, now);
      case Command.Tick tick -> tick(state, tick, now);
      case Command.Grant grant -> Decision.of(state);
      case Command.Refuse refuse -> Decision.of(state);
    };
  }

  private static Decision grantDurable(Racing state, int number, long now) {
    Attempt second = state.second();
    if (second.number() != number || second.durable()) {
      return Decision.of(state);
    }
    Attempt durable = second.madeDurable(now);
    return Decision.of(
        new Racing(state.progress(), state.attempt(), durable), new Effect.Assign(durable));
  }

  private Decision result(Racing state, Attempt attempt, Command.ResultArrived arrived, long now) {
    Effect ack = new Effect.Acknowledge(attempt.worker(), attempt.number());
    return switch (arrived.result()) {
      case Result.Worked worked when delivers(worked) -> won(state, attempt, arrived, now);
      case Result.Worked empty ->
          failed(state, attempt, failure("nothing was delivered"), blame(attempt), forget(attempt));
      case Result.Nothing nothing ->
          followed(failed(state, attempt, nothing.failure(), blame(attempt)), ack);
      case Result.Declined declined ->
          followed(
              failed(
                  state, attempt, declined.failure(), new Effect.WorkerDeclined(attempt.worker())),
              ack);
      case Result.Forged forged ->
          failed(
              state,
              attempt,
              failure("the receipt broke rule " + forged.violation()),
              new Effect.WorkerFailed(attempt.worker(), true),
              forget(attempt));
    };
  }

  private static boolean delivers(Result.Worked worked) {
    return worked.receipt().outputTokens() > 0 || worked.receipt().finishReason().isFinal();
  }

  private static Effect forget(Attempt attempt) {
    return Strangers.forget(attempt.worker(), attempt.number());
  }

  private static Decision allow(Racing state, int until) {
    Progress progress = state.progress();
    if (until <= progress.allowUntil()) {
      return Decision.of(state);
    }
    List<Effect> effects = new ArrayList<>();
    for (Attempt attempt : state.attempts()) {
      if (attempt.durable()) {
        effects.add(
            new Effect.Flow(attempt.worker(), attempt.number(), until, OptionalInt.empty()));
      }
    }
    return new Decision(
        new Racing(progress.allowing(until), state.attempt(), state.second()),
        List.copyOf(effects));
  }

  private Decision tick(Racing state, Command.Tick tick, long now) {
    if (now < due(state)) {
      return Decision.of(state);
    }
    if (now >= state.progress().spec().deadline()) {
      return won(state, state.attempt(), tick, now);
    }
    Attempt late =
        find(state, attempt -> now >= attempt.since() + limits.firstChunk()).orElseThrow();
    return failed(state, late, failure("the worker stalled"), blame(late), forget(late));
  }

  /** The other is told to stop; the market remembers of the first one that it was slow. */
  private Decision won(Racing state, Attempt winner, Command command, long now) {
    Attempt loser = other(state, winner);
    List<Effect> effects = new ArrayList<>();
    if (loser.durable()) {
      effects.add(forget(loser));
    }
    if (loser == state.attempt()) {
      effects.add(new Effect.FirstToken(loser.worker(), now - loser.since()));
    }
    Decision left =
        out(
            state,
            loser,
            new DGridException(ErrorCode.CANCELLED, "another worker was faster"),
            Effect.Ended.How.OVERTAKEN,
            effects);
    return preceded(left.effects(), alone.apply((Assigned) left.state(), command, now));
  }

  /** The attempt is over without a token; the other one has the job for itself. */
  private static Decision out(
      Racing state, Attempt gone, DGridException why, Effect.Ended.How how, List<Effect> effects) {
    Assigned left = new Assigned(state.progress(), other(state, gone));
    return followed(
        new Decision(left, effects),
        new Effect.Ended(
            gone.number(), gone.worker().node(), why, Optional.empty(), List.of(), how));
  }

  private static Decision failed(
      Racing state, Attempt gone, DGridException why, Effect... consequences) {
    return out(state, gone, why, Effect.Ended.How.ORDINARY, List.of(consequences));
  }

  private static Effect blame(Attempt attempt) {
    return new Effect.WorkerFailed(attempt.worker(), false);
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
}
