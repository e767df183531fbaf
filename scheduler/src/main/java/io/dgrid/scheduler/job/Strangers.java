package io.dgrid.scheduler.job;

import static io.dgrid.scheduler.job.Transitions.with;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.scheduler.job.JobState.Terminal;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Answers to workers whose attempt is not, or no longer, the current one. */
final class Strangers {
  private Strangers() {}

  /** A result of an attempt that is not current: payable only as far as it was delivered. */
  static Decision lateResult(JobState state, Command.ResultArrived arrived) {
    Progress progress = state.progress();
    Effect ack = new Effect.Acknowledge(arrived.worker(), arrived.attempt());
    if (progress.filed(arrived.attempt())) {
      return Decision.of(state, ack);
    }
    Optional<Progress.Claim> claim = progress.claim(arrived.attempt(), arrived.worker());
    if (claim.isPresent()
        && arrived.result() instanceof Result.Worked worked
        && covers(worked, claim.get())
        && !billsForeignInput(progress.spec(), worked.receipt())
        && opens(progress, worked.receipt())) {
      Progress filed =
          progress
              .withoutClaim(arrived.attempt())
              .filing(worked.issued())
              // It came back, so the job did not kill it.
              .withLost(Math.max(0, progress.lost() - 1));
      return Decision.of(
          with(state, filed),
          new Effect.ReceiptFiled(worked.issued()),
          new Effect.Ended(
              arrived.attempt(),
              arrived.worker().node(),
              interruption(worked, "the attempt was taken over"),
              Optional.of(worked.issued()),
              List.of(),
              Effect.Ended.How.ORDINARY),
          ack);
    }
    return Decision.of(state, forget(arrived.worker(), arrived.attempt()));
  }

  private static boolean covers(Result.Worked worked, Progress.Claim claim) {
    return worked.receipt().firstPosition() == claim.firstPosition()
        && worked.endPosition() == claim.until()
        && !worked.receipt().finishReason().isFinal();
  }

  /** Says stop to a worker that speaks about an attempt which is not, or no longer, its own. */
  static Decision stray(JobState state, WorkerId worker, int attempt) {
    Effect stop =
        state instanceof Terminal
            ? forget(worker, attempt)
            : state
                .progress()
                .claim(attempt, worker)
                .<Effect>map(
                    claim ->
                        new Effect.Withdraw(
                            worker,
                            attempt,
                            "the attempt was taken over",
                            true,
                            OptionalInt.of(claim.until())))
                .orElseGet(() -> forget(worker, attempt));
    return Decision.of(state, stop);
  }

  /** More prompt tokens than the edge counted; a job that nobody counted cannot be judged. */
  static boolean billsForeignInput(JobSpec spec, Receipt receipt) {
    return spec.inputTokens() > 0 && receipt.inputTokens() > spec.inputTokens();
  }

  static boolean opens(Progress progress, Receipt receipt) {
    int from = receipt.firstPosition();
    int until = from + receipt.outputTokens();
    Transcript transcript = progress.transcript();
    return ReceiptRules.opens(
        receipt,
        progress.spec().salt(),
        transcript.tokenIds(from, until),
        transcript.logprobs(from, until));
  }

  static Effect forget(WorkerId worker, int attempt) {
    return new Effect.Withdraw(worker, attempt, "the attempt is void", false, OptionalInt.empty());
  }

  static DGridException interruption(Result.Worked worked, String otherwise) {
    return worked.interruption().orElseGet(() -> failure(otherwise));
  }

  static DGridException failure(String message) {
    return new DGridException(ErrorCode.WORKER_FAILED, message);
  }
}
