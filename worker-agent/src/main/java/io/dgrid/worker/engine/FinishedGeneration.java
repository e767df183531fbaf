package io.dgrid.worker.engine;

import io.dgrid.core.receipt.FinishReason;

/**
 * How an attempt ended.
 *
 * @param inputTokens tokens of the rendered prompt
 * @param firstPosition output position of the attempt's first own token
 * @param outputTokens number of tokens this attempt produced
 */
public record FinishedGeneration(
    FinishReason reason, int inputTokens, int firstPosition, int outputTokens) {}
