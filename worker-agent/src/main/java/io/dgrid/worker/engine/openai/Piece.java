package io.dgrid.worker.engine.openai;

import io.dgrid.core.receipt.FinishReason;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What one event of the stream says, checked by itself.
 *
 * @param logprobs unsigned 16-bit fixed point, one per id
 * @param text as the server decodes the ids
 * @param inputTokens the server's count, where it states one
 * @param outputTokens the server's running total, where it states one
 */
record Piece(
    int[] ids,
    int[] logprobs,
    String text,
    Optional<FinishReason> finish,
    OptionalInt inputTokens,
    OptionalInt outputTokens) {}
