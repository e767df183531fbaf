package io.dgrid.core.sampling;

/**
 * Log probabilities in the model's own distribution (temperature 1, no filters), and their 16-bit
 * form that receipts commit to.
 */
public final class Logprobs {
  /** Steps per nat of the 16-bit form. */
  public static final int STEPS_PER_NAT = 2048;

  /** Largest 16-bit value: everything less likely than e^−32 saturates here. */
  public static final int SATURATED = 65_535;

  private Logprobs() {}

  /** Natural logarithm of the probability of {@code token}. */
  public static double logprob(float[] logits, int token) {
    return logits[token] - logNormalizer(logits);
  }

  /**
   * ln Σ exp(logit), so that {@code logit − logNormalizer} is a log probability. Summed in
   * ascending token order.
   *
   * @throws NonFiniteLogitsException if a logit is NaN or +∞, or all are −∞
   */
  public static double logNormalizer(float[] logits) {
    float max = largest(logits);
    double sum = 0;
    for (float logit : logits) {
      sum += DeterministicMath.exp((double) logit - max);
    }
    return max + DeterministicMath.log(sum);
  }

  /** {@code min(65535, round(−logprob · 2048))}; rounding noise above zero counts as certainty. */
  public static int quantise(double logprob) {
    if (Double.isNaN(logprob)) {
      throw new IllegalArgumentException("logprob is NaN");
    }
    return (int) Math.max(0, Math.min(SATURATED, Math.round(-logprob * STEPS_PER_NAT)));
  }

  /** The log probability that a 16-bit value stands for, in nats (never positive). */
  public static double dequantise(int quantised) {
    if (quantised < 0 || quantised > SATURATED) {
      throw new IllegalArgumentException("not an unsigned 16-bit value: " + quantised);
    }
    return -(double) quantised / STEPS_PER_NAT;
  }

  static float largest(float[] logits) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < logits.length; i++) {
      float logit = logits[i];
      if (!(logit < Float.POSITIVE_INFINITY)) {
        throw new NonFiniteLogitsException("logit of token %d is %s".formatted(i, logit));
      }
      max = Math.max(max, logit);
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw new NonFiniteLogitsException("no token has a finite logit");
    }
    return max;
  }
}
