package io.dgrid.scheduler.job;

import static io.dgrid.scheduler.job.Strangers.failure;
import static io.dgrid.scheduler.job.Transitions.finish;
import static io.dgrid.scheduler.job.Transitions.preceded;
import static io.dgrid.scheduler.job.Transitions.with;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.scheduler.job.JobState.Active;
import io.dgrid.scheduler.job.JobState.Cancelled;
import io.dgrid.scheduler.job.JobState.Expired;
import io.dgrid.scheduler.job.JobState.Failed;
import io.dgrid.scheduler.job.JobState.Queued;
import io.dgrid.scheduler.job.JobState.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** How an attempt comes to its end, and whether the job ends with it or is tried again. */
final class Endings {
  private static final OptionalInt NOWHERE = OptionalInt.empty();

  private final Limits limits;

  /** Whose fault the end of an attempt is; a dishonest worker is judged where it is caught. */
  enum Fault {
    WORKER,
    NOBODY,
    /** The worker fell silent, and may be dead of this job. */
    LOSS,
    /** Two schedulers gave the same slot away: no attempt was made at all. */
    COLLISION
  }

  Endings(Limits limits) {
    this.limits = limits;
  }

  /** The job is to end; its worker may still hand in what it has done. */
  Decision end(Active state, Attempt.Ending ending) {
    Attempt attempt = state.attempt();
    if (attempt.ending().isPresent()) {
      return Decision.of(state);
    }
    if (!attempt.durable()) {
      return finish(ended(state.progress(), ending));
    }
    Active next = with(state, state.progress(), attempt.ending(ending));
    return attempt.attached()
        ? Decision.of(
            next,
            new Effect.Withdraw(
                attempt.worker(), attempt.number(), reasonOf(ending), true, NOWHERE))
        : Decision.of(next);
  }

  /** The attempt is over without a word of its worker. */
  Decision lose(Active state, String why, boolean reachable, Fault fault, long now) {
    Attempt attempt = state.attempt();
    int end = state.progress().transcript().end();
    Decision ended = endAttempt(state, failure(why), Optional.empty(), fault, now);
    if (!reachable) {
      return ended;
    }
    boolean delivered = end > attempt.firstPosition();
    return preceded(
        List.of(
            new Effect.Withdraw(
                attempt.worker(),
                attempt.number(),
                why,
                delivered,
                delivered ? OptionalInt.of(end) : NOWHERE)),
        ended);
  }

  Decision endAttempt(
      Active state, DGridException why, Optional<Result.Worked> worked, Fault fault, long now) {
    Attempt attempt = state.attempt();
    boolean lost = fault == Fault.LOSS && wasMet(attempt.worker());
    Progress progress = inRow(state.progress(), fault, lost);
    int end = progress.transcript().end();
    boolean delivered = end > attempt.firstPosition();
    if (!delivered) {
      int more = fault == Fault.COLLISION ? 0 : 1;
      progress = progress.withFruitless(progress.fruitless() + more);
    } else if (worked.isEmpty()) {
      progress =
          progress.claiming(
              new Progress.Claim(attempt.number(), attempt.worker(), attempt.firstPosition(), end));
    }
    List<Effect> effects = new ArrayList<>();
    if (fault == Fault.WORKER || fault == Fault.LOSS) {
      effects.add(new Effect.WorkerFailed(attempt.worker(), false));
    }
    if (attempt.ending().isPresent()) {
      return preceded(effects, finish(ended(progress, attempt.ending().get())));
    }
    if (progress.lost() >= limits.lostWorkers()) {
      return preceded(effects, finish(new Failed(progress, quarantined(progress.lost()))));
    }
    boolean hopeless =
        progress.fruitless() >= limits.fruitlessAttempts()
            || progress.highestAttempt() >= limits.attempts();
    if (hopeless) {
      return preceded(
          effects,
          finish(
              new Failed(
                  progress,
                  failure(progress.highestAttempt() + " attempts failed on their workers"))));
    }
    List<Chunk> own = delivered ? progress.transcript().from(attempt.firstPosition()) : List.of();
    effects.add(
        new Effect.Ended(
            attempt.number(),
            attempt.worker().node(),
            why,
            worked.map(Result.Worked::issued),
            own,
            lost ? Effect.Ended.How.LOST : Effect.Ended.How.ORDINARY));
    return new Decision(new Queued(progress, now), List.copyOf(effects));
  }

  private static Progress inRow(Progress progress, Fault fault, boolean lost) {
    return switch (fault) {
      case LOSS -> lost ? progress.withLost(progress.lost() + 1) : progress;
      case WORKER, NOBODY -> progress.withLost(0);
      case COLLISION -> progress;
    };
  }

  /** Read back from the log and never seen since, it may be well and elsewhere. */
  private static boolean wasMet(WorkerId worker) {
    return !worker.name().isEmpty();
  }

  private static DGridException quarantined(int workers) {
    return new DGridException(
        ErrorCode.JOB_QUARANTINED, workers + " workers in a row fell silent over this job");
  }

  static Terminal ended(Progress progress, Attempt.Ending ending) {
    return ending.expired()
        ? new Expired(progress, ending.failure())
        : new Cancelled(progress, ending.failure());
  }

  static String reasonOf(Attempt.Ending ending) {
    return ending.expired() ? "the deadline passed" : "cancelled";
  }
}
