package io.dgrid.scheduler.job;

import static io.dgrid.scheduler.job.Strangers.forget;
import static io.dgrid.scheduler.job.Transitions.finish;
import static io.dgrid.scheduler.job.Transitions.preceded;
import static io.dgrid.scheduler.job.Transitions.with;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.scheduler.job.Endings.Fault;
import io.dgrid.scheduler.job.JobState.Active;
import io.dgrid.scheduler.job.JobState.Assigned;
import io.dgrid.scheduler.job.JobState.Expired;
import io.dgrid.scheduler.job.JobState.Queued;
import io.dgrid.scheduler.job.JobState.Terminal;
import java.util.List;

/** What time alone does to a job, and when. */
final class Timing {
  static final long NEVER = Long.MAX_VALUE;

  private final Limits limits;
  private final Endings endings;

  Timing(Limits limits, Endings endings) {
    this.limits = limits;
    this.endings = endings;
  }

  /** The moment from which time changes the state; a later command may move it. */
  long due(JobState state) {
    return switch (state) {
      case Queued queued -> queued.progress().spec().deadline();
      case Active active -> due(active);
      case Terminal terminal -> NEVER;
    };
  }

  private long due(Active state) {
    Attempt attempt = state.attempt();
    if (attempt.ending().isPresent()) {
      long handedIn = attempt.ending().get().since() + limits.ending();
      return attempt.attached() ? handedIn : Math.min(handedIn, attempt.since() + limits.grace());
    }
    return Math.min(state.progress().spec().deadline(), patience(state));
  }

  /** Until when the attempt may be silent. */
  private long patience(Active state) {
    Attempt attempt = state.attempt();
    if (!attempt.durable()) {
      return NEVER;
    }
    if (!attempt.attached()) {
      return attempt.since() + limits.grace();
    }
    if (waitsForClient(state)) {
      return NEVER;
    }
    long since = attempt.since();
    long hedge = mayHedge(state) ? since + state.progress().spec().hedgeAfter() : NEVER;
    return Math.min(hedge, since + longestSilence(state));
  }

  private long longestSilence(Active state) {
    return state instanceof Assigned ? limits.firstChunk() : limits.nextChunk();
  }

  /** Once per job, for an attempt that its worker runs and that has sent nothing. */
  private static boolean mayHedge(Active state) {
    return state instanceof Assigned
        && state.progress().spec().hedgeAfter() > 0
        && !state.progress().hedged();
  }

  /** While it may not send, its clock stands still. */
  static boolean waitsForClient(Active state) {
    Progress progress = state.progress();
    return state.attempt().pending().isEmpty()
        && progress.transcript().end() >= progress.allowUntil();
  }

  Decision tick(JobState state, long now) {
    if (now < due(state)) {
      return Decision.of(state);
    }
    return switch (state) {
      case Queued queued -> finish(new Expired(queued.progress(), expired()));
      case Active active -> overdue(active, now);
      case Terminal terminal -> Decision.of(terminal);
    };
  }

  private Decision overdue(Active state, long now) {
    Attempt attempt = state.attempt();
    if (attempt.ending().isPresent()) {
      Decision end = finish(Endings.ended(state.progress(), attempt.ending().get()));
      return attempt.attached()
          ? preceded(
              List.of(
                  new Effect.WorkerFailed(attempt.worker(), false),
                  forget(attempt.worker(), attempt.number())),
              end)
          : end;
    }
    if (now >= state.progress().spec().deadline()) {
      return endings.end(state, new Attempt.Ending(true, expired(), now));
    }
    if (attempt.attached() && mayHedge(state) && now < attempt.since() + longestSilence(state)) {
      return Decision.of(with(state, state.progress().hedging(), attempt), new Effect.Hedge());
    }
    return attempt.attached()
        ? endings.lose(state, "the worker stalled", true, Fault.LOSS, now)
        : endings.lose(state, "the worker's session was lost", false, Fault.LOSS, now);
  }

  private static DGridException expired() {
    return new DGridException(ErrorCode.DEADLINE_EXCEEDED, "the job's deadline passed");
  }
}
