package io.dgrid.scheduler.job;

import static io.dgrid.scheduler.job.Strangers.billsForeignInput;
import static io.dgrid.scheduler.job.Strangers.failure;
import static io.dgrid.scheduler.job.Strangers.forget;
import static io.dgrid.scheduler.job.Strangers.interruption;
import static io.dgrid.scheduler.job.Strangers.opens;
import static io.dgrid.scheduler.job.Transitions.finish;
import static io.dgrid.scheduler.job.Transitions.followed;
import static io.dgrid.scheduler.job.Transitions.preceded;
import static io.dgrid.scheduler.job.Transitions.with;
import static io.dgrid.scheduler.job.Transitions.withoutClaim;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.scheduler.job.Endings.Fault;
import io.dgrid.scheduler.job.JobState.Active;
import io.dgrid.scheduler.job.JobState.Assigned;
import io.dgrid.scheduler.job.JobState.Running;
import io.dgrid.scheduler.job.JobState.Succeeded;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What the worker of the current attempt hands in: its presence, its chunks, its result. */
final class Delivery {
  private final Endings endings;

  Delivery(Endings endings) {
    this.endings = endings;
  }

  /** It says that it runs the attempt. */
  Decision reported(Active state, WorkerId worker, long now) {
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
              Endings.reasonOf(attempt.ending().get()),
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
  static Active heard(Active state, WorkerId worker, long now) {
    Attempt attempt = state.attempt();
    return attempt.attached() && attempt.worker().equals(worker)
        ? state
        : with(state, state.progress(), attempt.attachedTo(worker, now));
  }

  Decision chunk(Active state, Chunk chunk, long now) {
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
      return endings.lose(state, "the worker exceeded the output limit", true, Fault.WORKER, now);
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

  Decision result(Active state, Result result, long now) {
    return switch (result) {
      case Result.Worked worked -> worked(state, worked, now);
      case Result.Nothing nothing -> {
        Decision ended =
            endings.endAttempt(state, nothing.failure(), Optional.empty(), Fault.WORKER, now);
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
            endings.endAttempt(state, why, Optional.empty(), Fault.COLLISION, now),
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
          endings.endAttempt(
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
          followed(finish(Endings.ended(filed, attempt.ending().get())), ack));
    }
    Fault fault = receipt.finishReason() == FinishReason.CANCELLED ? Fault.WORKER : Fault.NOBODY;
    return preceded(
        List.of(file),
        followed(
            endings.endAttempt(
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
        endings.endAttempt(
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
}
