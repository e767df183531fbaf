package io.dgrid.worker.attempt;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.worker.assignment.AcceptedAssignment;
import io.dgrid.worker.engine.FinishedGeneration;
import io.dgrid.worker.receipt.FinishedWork;
import java.util.Objects;
import java.util.Optional;

/**
 * How an attempt is accounted for: a receipt where it delivered tokens or finished the answer, else
 * a failure.
 *
 * @param failure why the answer is not complete; empty when it is, or when the client ended it
 */
record Closing(FinishReason reason, boolean needsReceipt, Optional<DGridException> failure) {

  /**
   * @param tokens how many output tokens a receipt would cover
   */
  static Closing of(Attempt attempt, int tokens) {
    boolean continued = attempt.receiptUntil != Integer.MAX_VALUE;
    FinishedGeneration finished = attempt.finished;
    if (attempt.failure != null) {
      return new Closing(FinishReason.INTERRUPTED, tokens > 0, Optional.of(attempt.failure));
    }
    if (continued || finished == null) {
      return interrupted(tokens, "the attempt lost its lease");
    }
    return switch (finished.reason()) {
      case STOP -> new Closing(FinishReason.STOP, true, Optional.empty());
      case LENGTH -> new Closing(FinishReason.LENGTH, true, Optional.empty());
      case CANCELLED ->
          attempt.stop == Attempt.Stop.CANCEL
              ? cancelled(tokens)
              : interrupted(tokens, "the worker stops");
      case INTERRUPTED -> interrupted(tokens, "the worker stops");
    };
  }

  FinishedWork work(Attempt attempt, int[] ids, int[] logprobs) {
    AcceptedAssignment accepted = Objects.requireNonNull(attempt.accepted);
    int inputTokens =
        attempt.finished != null ? attempt.finished.inputTokens() : accepted.promptTokens().length;
    return new FinishedWork(
        accepted,
        ids,
        logprobs,
        inputTokens,
        reason,
        attempt.startedAt,
        attempt.finishedAt,
        failure);
  }

  private static Closing cancelled(int tokens) {
    return tokens > 0
        ? new Closing(FinishReason.CANCELLED, true, Optional.empty())
        : new Closing(
            FinishReason.CANCELLED,
            false,
            Optional.of(new DGridException(ErrorCode.CANCELLED, "cancelled before any output")));
  }

  private static Closing interrupted(int tokens, String why) {
    return new Closing(
        FinishReason.INTERRUPTED,
        tokens > 0,
        Optional.of(new DGridException(ErrorCode.UNAVAILABLE, why)));
  }
}
