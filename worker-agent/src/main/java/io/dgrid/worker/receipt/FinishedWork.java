package io.dgrid.worker.receipt;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.worker.assignment.AcceptedAssignment;
import java.time.Instant;
import java.util.Optional;

/**
 * What an attempt did, ready to be signed. Arrays are not copied: do not change them.
 *
 * @param inputTokens prompt tokens, whether or not this attempt bills them
 * @param interruption why it ended early although tokens were delivered
 */
public record FinishedWork(
    AcceptedAssignment assignment,
    int[] tokenIds,
    int[] logprobs,
    int inputTokens,
    FinishReason reason,
    Instant startedAt,
    Instant finishedAt,
    Optional<DGridException> interruption) {}
