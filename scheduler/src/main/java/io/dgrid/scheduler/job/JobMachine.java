package io.dgrid.scheduler.job;

import static io.dgrid.scheduler.job.Strangers.forget;
import static io.dgrid.scheduler.job.Strangers.lateResult;
import static io.dgrid.scheduler.job.Strangers.stray;
import static io.dgrid.scheduler.job.Transitions.finish;
import static io.dgrid.scheduler.job.Transitions.with;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.scheduler.job.Endings.Fault;
import io.dgrid.scheduler.job.JobState.Active;
import io.dgrid.scheduler.job.JobState.Assigned;
import io.dgrid.scheduler.job.JobState.Cancelled;
import io.dgrid.scheduler.job.JobState.Failed;
import io.dgrid.scheduler.job.JobState.Queued;
import io.dgrid.scheduler.job.JobState.Racing;
import io.dgrid.scheduler.job.JobState.Terminal;
import java.util.OptionalInt;

/**
 * The rules of a job's life. Holds no state of its own: {@code apply} takes what is and gives what
 * will be.
 */
public final class JobMachine {
  private static final OptionalInt NOWHERE = OptionalInt.empty();

  private final Endings endings;
  private final Delivery delivery;
  private final Timing timing;
  private final Race race;

  public JobMachine(Limits limits) {
    endings = new Endings(limits);
    delivery = new Delivery(endings);
    timing = new Timing(limits, endings);
    race = new Race(limits, timing, this::whileActive);
  }

  /**
   * Unix milliseconds from which {@link Command.Tick} changes the state, {@link Long#MAX_VALUE} for
   * never; a tick before does nothing.
   */
  public long due(JobState state) {
    return state instanceof Racing racing ? race.due(racing) : timing.due(state);
  }

  /**
   * @param now Unix milliseconds, never before that of an earlier command
   */
  public Decision apply(JobState state, Command command, long now) {
    return switch (state) {
      case Queued queued -> whileQueued(queued, command, now);
      case Racing racing -> race.apply(racing, command, now);
      case Active active -> whileActive(active, command, now);
      case Terminal terminal -> afterwards(terminal, command);
    };
  }

  private Decision whileQueued(Queued state, Command command, long now) {
    Progress progress = state.progress();
    return switch (command) {
      case Command.Grant grant -> {
        int number = progress.highestAttempt() + 1;
        Attempt attempt =
            Attempt.granted(
                number, grant.worker(), grant.offer(), progress.transcript().end(), now);
        yield Decision.of(
            new Assigned(progress.withAttempt(number), attempt), new Effect.Granted(attempt));
      }
      case Command.Allow allow ->
          Decision.of(
              new Queued(
                  progress.allowing(Math.max(progress.allowUntil(), allow.until())),
                  state.since()));
      case Command.Cancel cancel -> finish(new Cancelled(progress, cancelled(cancel.reason())));
      case Command.Refuse refuse -> finish(new Failed(progress, refuse.failure()));
      case Command.Tick tick -> timing.tick(state, now);
      case Command.ChunkArrived chunk -> stray(state, chunk.worker(), chunk.chunk().attempt());
      case Command.WorkerReported report -> stray(state, report.worker(), report.attempt());
      case Command.ResultArrived result -> lateResult(state, result);
      case Command.GrantDurable durable -> Decision.of(state);
      case Command.SessionLost lost -> Decision.of(state);
    };
  }

  private Decision whileActive(Active state, Command command, long now) {
    Attempt attempt = state.attempt();
    Progress progress = state.progress();
    return switch (command) {
      case Command.GrantDurable durable -> grantDurable(state, durable.attempt(), now);
      case Command.ChunkArrived arrived ->
          isCurrent(attempt, arrived.worker(), arrived.chunk().attempt())
              ? delivery.chunk(Delivery.heard(state, arrived.worker(), now), arrived.chunk(), now)
              : stray(state, arrived.worker(), arrived.chunk().attempt());
      case Command.ResultArrived arrived ->
          isCurrent(attempt, arrived.worker(), arrived.attempt())
              ? delivery.result(Delivery.heard(state, arrived.worker(), now), arrived.result(), now)
              : lateResult(state, arrived);
      case Command.WorkerReported report ->
          isCurrent(attempt, report.worker(), report.attempt())
              ? delivery.reported(state, report.worker(), now)
              : stray(state, report.worker(), report.attempt());
      case Command.SessionLost lost ->
          attempt.attached() && attempt.worker().equals(lost.worker())
              ? Decision.of(with(state, progress, attempt.detached(now)))
              : Decision.of(state);
      case Command.Allow allow -> allow(state, allow.until(), now);
      case Command.Cancel cancel ->
          endings.end(state, new Attempt.Ending(false, cancelled(cancel.reason()), now));
      case Command.Tick tick -> timing.tick(state, now);
      case Command.Grant grant ->
          state instanceof Assigned assigned && race.mayStart(assigned, grant.worker())
              ? Race.start(assigned, grant, now)
              : Decision.of(state);
      case Command.Refuse refuse -> Decision.of(state);
    };
  }

  private Decision afterwards(Terminal state, Command command) {
    return switch (command) {
      case Command.ChunkArrived chunk -> stray(state, chunk.worker(), chunk.chunk().attempt());
      case Command.WorkerReported report -> stray(state, report.worker(), report.attempt());
      case Command.ResultArrived result ->
          state.progress().filed(result.attempt())
              ? Decision.of(state, new Effect.Acknowledge(result.worker(), result.attempt()))
              : Decision.of(state, forget(result.worker(), result.attempt()));
      case Command.Grant grant -> Decision.of(state);
      case Command.GrantDurable durable -> Decision.of(state);
      case Command.SessionLost lost -> Decision.of(state);
      case Command.Allow allow -> Decision.of(state);
      case Command.Cancel cancel -> Decision.of(state);
      case Command.Refuse refuse -> Decision.of(state);
      case Command.Tick tick -> Decision.of(state);
    };
  }

  private Decision grantDurable(Active state, int number, long now) {
    Attempt attempt = state.attempt();
    if (attempt.number() != number || attempt.durable()) {
      return Decision.of(state);
    }
    Attempt durable = attempt.madeDurable(now);
    Active next = with(state, state.progress(), durable);
    // A worker that left meanwhile never hears of it, so there is nothing to wait for.
    return attempt.attached()
        ? Decision.of(next, new Effect.Assign(durable))
        : endings.lose(next, "the worker left before its assignment", false, Fault.WORKER, now);
  }

  private static Decision allow(Active state, int until, long now) {
    Progress progress = state.progress();
    Attempt attempt = state.attempt();
    if (until <= progress.allowUntil()) {
      return Decision.of(state);
    }
    boolean listening = attempt.attached() && attempt.durable();
    // A worker that had used up its window was waiting for us: its pause starts to count now.
    boolean waited = listening && Timing.waitsForClient(state);
    Active next = with(state, progress.allowing(until), waited ? attempt.paused(now) : attempt);
    return listening && attempt.ending().isEmpty()
        ? Decision.of(next, new Effect.Flow(attempt.worker(), attempt.number(), until, NOWHERE))
        : Decision.of(next);
  }

  private static boolean isCurrent(Attempt attempt, WorkerId worker, int number) {
    return attempt.number() == number && attempt.durable() && attempt.worker().accepts(worker);
  }

  private static DGridException cancelled(String reason) {
    return new DGridException(ErrorCode.CANCELLED, reason);
  }
}
