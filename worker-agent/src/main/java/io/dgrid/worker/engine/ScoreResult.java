package io.dgrid.worker.engine;

/**
 * What this engine says about given output tokens. Arrays have one entry per judged token.
 *
 * @param inputTokens tokens of the rendered prompt
 * @param logprobs of the given tokens, unsigned 16-bit fixed point (test T1)
 * @param redrawn the tokens this engine draws at those positions with the request's seed (test T3)
 * @param surprisal sums over the judged tokens (test T2)
 */
public record ScoreResult(int inputTokens, int[] logprobs, int[] redrawn, SurprisalSums surprisal) {
  /**
   * Sums over the tokens that the sampling filters leave possible; under honest drawing {@code
   * (value − expected) / √variance} is close to standard normal.
   *
   * @param value Σ −ln q, in nats
   * @param expected Σ entropy of q, in nats
   * @param variance Σ variance of −ln q, in square nats
   * @param impossible tokens that the filters exclude; they are in no sum
   */
  public record SurprisalSums(double value, double expected, double variance, int impossible) {}

  /** Positions at which the given token is not the one this engine draws. */
  public int mismatches(int[] output) {
    int count = 0;
    for (int i = 0; i < redrawn.length; i++) {
      if (redrawn[i] != output[i]) {
        count++;
      }
    }
    return count;
  }
}
