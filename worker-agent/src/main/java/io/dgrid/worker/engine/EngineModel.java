package io.dgrid.worker.engine;

import java.util.Optional;

/**
 * What an engine serves.
 *
 * @param name as the engine calls it; a hint, not an identity
 * @param weightsDigest SHA-256 of the weights in lower-case hexadecimal, where the engine holds the
 *     file itself
 * @param vocabularySize number of token ids; 0 if unknown
 * @param contextLength most tokens of prompt and output together
 * @param scores whether {@link Engine#score} works
 * @param protocolSampling whether tokens are drawn by the protocol's own sampler, so that each can
 *     be redrawn
 */
public record EngineModel(
    String name,
    Optional<String> weightsDigest,
    int vocabularySize,
    int contextLength,
    boolean scores,
    boolean protocolSampling) {}
