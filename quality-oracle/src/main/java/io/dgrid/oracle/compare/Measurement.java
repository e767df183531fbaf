package io.dgrid.oracle.compare;

/**
 * What a verifier measured on a claim's tokens. Arrays are not copied: do not change them.
 *
 * @param logprobs one per token, 1/2048 nat
 * @param redrawn the verifier's own draw with the job's seed, one per token; empty when it cannot
 * @param surprisalExcess Σ(−log q − H), nats
 * @param surprisalVariance Σ Var(−log q), square nats
 */
public record Measurement(
    int[] logprobs, int[] redrawn, double surprisalExcess, double surprisalVariance) {
  public Measurement {
    if (redrawn.length != 0 && redrawn.length != logprobs.length) {
      throw new IllegalArgumentException("redraws must cover every token or none");
    }
    if (!Double.isFinite(surprisalExcess)
        || !Double.isFinite(surprisalVariance)
        || surprisalVariance < 0) {
      throw new IllegalArgumentException("surprisal sums are not finite");
    }
  }
}
