package io.dgrid.scheduler.job;

import static io.dgrid.scheduler.job.Strangers.billsForeignInput;
import static io.dgrid.scheduler.job.Strangers.failure;
import static io.dgrid.scheduler.job.Strangers.forget;
import static io.dgrid.scheduler.job.Strangers.interruption;
import static io.dgrid.scheduler.job.Strangers.lateResult;
import static io.dgrid.scheduler.job.Strangers.opens;
import static io.dgrid.scheduler.job.Strangers.stray;
import static io.dgrid.scheduler.job.Transitions.finish;
import static io.dgrid.scheduler.job.Transitions.followed;
import static io.dgrid.scheduler.job.Transitions.preceded;
import static io.dgrid.scheduler.job.Transitions.with;
import static io.dgrid.scheduler.job.Transitions.withoutClaim;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.scheduler.job.JobState.Active;
import io.dgrid.scheduler.job.JobState.Assigned;
import io.dgrid.scheduler.job.JobState.Cancelled;
import io.dgrid.scheduler.job.JobState.Expired;
import io.dgrid.scheduler.job.JobState.Failed;
import io.dgrid.scheduler.job.JobState.Queued;
import io.dgrid.scheduler.job.JobState.Running;
import io.dgrid.scheduler.job.JobState.Succeeded;
import io.dgrid.scheduler.job.JobState.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The rules of a job's life. Holds no state of its own: {@code apply} takes what is and gives what
 * will be.
 */
public final class JobMachine {
  private static final OptionalInt NOWHERE = OptionalInt.empty();

  /** Whose fault the end of an attempt is; a dishonest worker is judged where it is caught. */
  private enum Fault {
    WORKER,
    NOBODY,
    /** Two schedulers gave the same slot away: no attempt was made at all. */
    COLLISION
  }

  private final Limits limits;

  public JobMachine(Limits limits) {
    this.limits = limits;
  }

  /**
   * @param now Unix milliseconds, never before that of an earlier command
   */
  public Decision apply(JobState state, Command command, long now) {
    return switch (state) {
      case Queued queued -> whileQueued(queued, command, now);
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
      case Command.Tick tick ->
          now >= progress.spec().deadline()
              ? finish(new Expired(progress, expired()))
              : Decision.of(state);
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
              ? chunk(heard(state, arrived.worker(), now), arrived.chunk(), now)
              : stray(state, arrived.worker(), arrived.chunk().attempt());
      case Command.ResultArrived arrived ->
          isCurrent(attempt, arrived.worker(), arrived.attempt())
              ? result(heard(state, arrived.worker(), now), arrived.result(), now)
              : lateResult(state, arrived);
      case Command.WorkerReported report ->
          isCurrent(attempt, report.worker(), report.attempt())
              ? reported(state, report.worker(), now)
              : stray(state, report.worker(), report.attempt());
      case Command.SessionLost lost ->
          attempt.attached() && attempt.worker().equals(lost.worker())
              ? Decision.of(with(state, progress, attempt.detached(now)))
              : Decision.of(state);
      case Command.Allow allow -> allow(state, allow.until());
      case Command.Cancel cancel ->
          end(state, new Attempt.Ending(false, cancelled(cancel.reason()), now));
      case Command.Tick tick -> tick(state, now);
      case Command.Grant grant -> Decision.of(state);
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
        : lose(next, "the worker left before its assignment", false, now);
  }

  private Decision chunk(Active state, Chunk chunk, long now) {
    Attempt attempt = state.attempt();
    Progress progress = state.progress();
    Transcript transcript = progress.transcript();
    int next = transcript.end();
    boolean repeatedText = chunk.size() == 0 && transcript.endsWithTextOnly();
    if (chunk.endPosition() <= next && (chunk.firstPosition() < next || repeatedText)) {
      return Decision.of(state);
    }
    if (chunk.firstPosition() != next) {
      return askAgain(state, next);
    }
    if (chunk.endPosition() > progress.spec().maxOutputTokens()) {
      return lose(state, "the worker exceeded the output limit", true, now);
    }
    List<Effect> effects = new ArrayList<>();
    effects.add(new Effect.Deliver(chunk));
    if (state instanceof Assigned && chunk.size() > 0) {
      effects.add(new Effect.FirstToken(attempt.worker(), now - attempt.since()));
    }
    Active grown =
        new Running(
            progress.withTranscript(transcript.append(chunk)).withFruitless(0),
            attempt.progressed(now));
    Optional<Result.Worked> pending = attempt.pending();
    if (pending.isPresent() && grown.progress().transcript().end() >= pending.get().endPosition()) {
      return preceded(effects, result(grown, pending.get(), now));
    }
    return new Decision(grown, List.copyOf(effects));
  }

  /** Asks once per position; more chunks behind the same gap ask nothing. */
  private static Decision askAgain(Active state, int position) {
    Attempt attempt = state.attempt();
    if (attempt.resendAsked() == position) {
      return Decision.of(state);
    }
    return Decision.of(
        with(state, state.progress(), attempt.askedAt(position)),
        new Effect.Flow(
            attempt.worker(),
            attempt.number(),
            state.progress().allowUntil(),
            OptionalInt.of(position)));
  }

  private Decision result(Active state, Result result, long now) {
    return switch (result) {
      case Result.Worked worked -> worked(state, worked, now);
      case Result.Nothing nothing -> {
        Decision ended = endAttempt(state, nothing.failure(), Optional.empty(), Fault.WORKER, now);
        yield followed(
            ended, new Effect.Acknowledge(state.attempt().worker(), state.attempt().number()));
      }
      case Result.Declined declined -> declined(state, declined.failure(), now);
      case Result.Forged forged -> forged(state, forged.violation(), now);
    };
  }

  /** Another scheduler's job took the slot: no attempt was made, so none counts as fruitless. */
  private Decision declined(Active state, DGridException why, long now) {
    Attempt attempt = state.attempt();
    Progress progress = state.progress();
    if (progress.transcript().end() > attempt.firstPosition()) {
      return result(state, new Result.Nothing(why), now);
    }
    return followed(
        followed(
            endAttempt(state, why, Optional.empty(), Fault.COLLISION, now),
            new Effect.WorkerDeclined(attempt.worker())),
        new Effect.Acknowledge(attempt.worker(), attempt.number()));
  }

  private Decision worked(Active state, Result.Worked worked, long now) {
    Attempt attempt = state.attempt();
    Progress progress = state.progress();
    int end = progress.transcript().end();
    Receipt receipt = worked.receipt();
    if (receipt.firstPosition() != attempt.firstPosition()) {
      return forged(state, "FIRST_POSITION", now);
    }
    if (billsForeignInput(progress.spec(), receipt)) {
      return forged(state, "INPUT_TOKENS", now);
    }
    if (worked.endPosition() > end) {
      // The result overtook its chunks (a resend is on its way, or a reconnect lost some).
      Decision asked = askAgain(state, end);
      Active waiting = (Active) asked.state();
      return new Decision(
          with(
              waiting,
              progress,
              waiting.attempt().waitingFor(worked, waiting.attempt().resendAsked())),
          asked.effects());
    }
    if (worked.endPosition() < end || !opens(progress, receipt)) {
      return forged(state, "COMMITMENT", now);
    }
    boolean billsOnlyInput = receipt.outputTokens() == 0 && !receipt.finishReason().isFinal();
    if (billsOnlyInput && attempt.ending().isEmpty()) {
      // An interrupted attempt without output would bill the prompt, and so would the next one.
      Decision ended =
          endAttempt(
              state,
              interruption(worked, "nothing was delivered"),
              Optional.empty(),
              Fault.WORKER,
              now);
      return followed(ended, forget(attempt.worker(), attempt.number()));
    }
    Effect ack = new Effect.Acknowledge(attempt.worker(), attempt.number());
    Progress filed = progress.filing(worked.issued());
    Effect file = new Effect.ReceiptFiled(worked.issued());
    if (receipt.finishReason().isFinal()) {
      return preceded(
          List.of(file, new Effect.WorkerServed(attempt.worker())),
          followed(finish(new Succeeded(filed, receipt.finishReason())), ack));
    }
    Active settled = with(state, filed, attempt);
    if (attempt.ending().isPresent()) {
      return preceded(
          List.of(file, new Effect.WorkerServed(attempt.worker())),
          followed(finish(ended(filed, attempt.ending().get())), ack));
    }
    Fault fault = receipt.finishReason() == FinishReason.CANCELLED ? Fault.WORKER : Fault.NOBODY;
    return preceded(
        List.of(file),
        followed(
            endAttempt(
                settled,
                interruption(worked, "the worker interrupted the attempt"),
                Optional.of(worked),
                fault,
                now),
            ack));
  }

  private Decision forged(Active state, String violation, long now) {
    Attempt attempt = state.attempt();
    Decision ended =
        endAttempt(
            state,
            failure("the receipt broke rule " + violation),
            Optional.empty(),
            Fault.NOBODY,
            now);
    return preceded(
        List.of(
            new Effect.WorkerFailed(attempt.worker(), true),
            forget(attempt.worker(), attempt.number())),
        new Decision(
            // Delivered tokens of a forger are never paid.
            withoutClaim(ended.state(), attempt.number()), ended.effects()));
  }

  private Decision reported(Active state, WorkerId worker, long now) {
    Attempt attempt = state.attempt();
    if (attempt.attached()) {
      return Decision.of(state);
    }
    Attempt adopted = attempt.attachedTo(worker, now);
    if (attempt.ending().isPresent()) {
      return Decision.of(
          with(state, state.progress(), adopted),
          new Effect.Withdraw(
              worker,
              attempt.number(),
              reasonOf(attempt.ending().get()),
              true,
              OptionalInt.of(state.progress().transcript().end())));
    }
    return Decision.of(
        with(state, state.progress(), adopted),
        new Effect.Flow(
            worker,
            attempt.number(),
            state.progress().allowUntil(),
            OptionalInt.of(state.progress().transcript().end())));
  }

  /** Whoever speaks for the attempt is there, even before its next state says so. */
  private static Active heard(Active state, WorkerId worker, long now) {
    Attempt attempt = state.attempt();
    return attempt.attached() && attempt.worker().equals(worker)
        ? state
        : with(state, state.progress(), attempt.attachedTo(worker, now));
  }

  private static Decision allow(Active state, int until) {
    Progress progress = state.progress();
    Attempt attempt = state.attempt();
    if (until <= progress.allowUntil()) {
      return Decision.of(state);
    }
    // A worker that had used up its window was waiting for us: its pause starts to count now.
    Active next = with(state, progress.allowing(until), attempt);
    return attempt.attached() && attempt.durable() && attempt.ending().isEmpty()
        ? Decision.of(next, new Effect.Flow(attempt.worker(), attempt.number(), until, NOWHERE))
        : Decision.of(next);
  }

  private Decision end(Active state, Attempt.Ending ending) {
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

  private Decision tick(Active state, long now) {
    Attempt attempt = state.attempt();
    Progress progress = state.progress();
    if (attempt.ending().isPresent()) {
      Attempt.Ending ending = attempt.ending().get();
      boolean gone = !attempt.attached() && now - attempt.since() >= limits.grace();
      if (gone || now - ending.since() >= limits.ending()) {
        List<Effect> effects =
            attempt.attached()
                ? List.of(
                    new Effect.WorkerFailed(attempt.worker(), false),
                    forget(attempt.worker(), attempt.number()))
                : List.of();
        return preceded(effects, finish(ended(progress, ending)));
      }
      return Decision.of(state);
    }
    if (now >= progress.spec().deadline()) {
      return end(state, new Attempt.Ending(true, expired(), now));
    }
    if (!attempt.durable()) {
      return Decision.of(state);
    }
    if (!attempt.attached()) {
      return now - attempt.since() >= limits.grace()
          ? lose(state, "the worker's session was lost", false, now)
          : Decision.of(state);
    }
    boolean mayGoOn = progress.transcript().end() < progress.allowUntil();
    long patience = state instanceof Assigned ? limits.firstChunk() : limits.nextChunk();
    if (attempt.pending().isPresent() || mayGoOn) {
      return now - attempt.since() >= patience
          ? lose(state, "the worker stalled", true, now)
          : Decision.of(state);
    }
    // While it may not send, its clock stands still.
    return Decision.of(with(state, progress, attempt.paused(now)));
  }

  /** The attempt is over without a word of its worker. */
  private Decision lose(Active state, String why, boolean reachable, long now) {
    Attempt attempt = state.attempt();
    int end = state.progress().transcript().end();
    Decision ended = endAttempt(state, failure(why), Optional.empty(), Fault.WORKER, now);
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

  private Decision endAttempt(
      Active state, DGridException why, Optional<Result.Worked> worked, Fault fault, long now) {
    Attempt attempt = state.attempt();
    Progress progress = state.progress();
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
    if (fault == Fault.WORKER) {
      effects.add(new Effect.WorkerFailed(attempt.worker(), false));
    }
    if (attempt.ending().isPresent()) {
      return preceded(effects, finish(ended(progress, attempt.ending().get())));
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
            own));
    return new Decision(new Queued(progress, now), List.copyOf(effects));
  }

  private static boolean isCurrent(Attempt attempt, WorkerId worker, int number) {
    return attempt.number() == number && attempt.durable() && attempt.worker().accepts(worker);
  }

  private static Terminal ended(Progress progress, Attempt.Ending ending) {
    return ending.expired()
        ? new Expired(progress, ending.failure())
        : new Cancelled(progress, ending.failure());
  }

  private static String reasonOf(Attempt.Ending ending) {
    return ending.expired() ? "the deadline passed" : "cancelled";
  }

  private static DGridException cancelled(String reason) {
    return new DGridException(ErrorCode.CANCELLED, reason);
  }

  private static DGridException expired() {
    return new DGridException(ErrorCode.DEADLINE_EXCEEDED, "the job's deadline passed");
  }
}
