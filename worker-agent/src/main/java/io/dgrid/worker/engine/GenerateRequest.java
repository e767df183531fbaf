package io.dgrid.worker.engine;

import io.dgrid.core.sampling.SamplingParameters;

/**
 * One attempt at an answer. Arrays are not copied: do not change them.
 *
 * @param delivered output tokens that the client already has, from position 0; the attempt
 *     continues after them
 * @param maxOutputTokens bound on output tokens of the whole job, {@code delivered} included; at
 *     least 1
 * @param allowUntil first output position the engine may not produce yet; see {@link
 *     Generation#allowUntil}
 */
public record GenerateRequest(
    Prompt prompt,
    int[] delivered,
    SamplingParameters sampling,
    int maxOutputTokens,
    int allowUntil) {
  public static final int UNLIMITED = Integer.MAX_VALUE;

  public GenerateRequest {
    if (maxOutputTokens < 1) {
      throw new IllegalArgumentException("max output tokens is " + maxOutputTokens);
    }
  }

  /** A first attempt without flow control. */
  public static GenerateRequest of(
      Prompt prompt, SamplingParameters sampling, int maxOutputTokens) {
    return new GenerateRequest(prompt, new int[0], sampling, maxOutputTokens, UNLIMITED);
  }

  public GenerateRequest continuing(int... alreadyDelivered) {
    return new GenerateRequest(prompt, alreadyDelivered, sampling, maxOutputTokens, allowUntil);
  }

  public GenerateRequest allowedUntil(int position) {
    return new GenerateRequest(prompt, delivered, sampling, maxOutputTokens, position);
  }
}
