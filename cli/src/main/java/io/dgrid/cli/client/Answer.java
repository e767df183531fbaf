package io.dgrid.cli.client;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import java.util.List;
import java.util.Optional;

/**
 * How a job ended, with everything the client received. Nothing in it is checked yet: see {@link
 * AnswerRules}. Arrays are not copied: do not change them.
 *
 * @param tokenIds in position order, over all attempts
 * @param logprobs one per token, 1/2048 nat
 * @param inputTokens prompt tokens as accepted
 * @param amount what the edge says the job costs
 * @param finish absent when the job failed
 * @param failure why there is no full answer
 */
public record Answer(
    JobId jobId,
    String text,
    int[] tokenIds,
    int[] logprobs,
    int inputTokens,
    TokenAmount amount,
    int attempts,
    List<IssuedReceipt> receipts,
    Optional<FinishReason> finish,
    Optional<DGridException> failure) {
  public Answer {
    receipts = List.copyOf(receipts);
  }
}
