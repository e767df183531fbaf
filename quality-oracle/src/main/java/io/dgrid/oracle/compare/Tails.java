package io.dgrid.oracle.compare;

/** Tail probabilities of the null hypotheses. */
final class Tails {
  private Tails() {}

  /**
   * P(Z ≥ z) of a standard normal variable, to about 1e-7 relative: a continued fraction in the
   * tail, the power series near the middle.
   */
  static double normalAbove(double z) {
    if (z < 0) {
      return 1 - normalAbove(-z);
    }
    double density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    if (z < 2.5) {
      double term = z;
      double sum = z;
      for (int n = 1; n < 60; n++) {
        term *= z * z / (2 * n + 1);
        sum += term;
      }
      return 0.5 - density * sum;
    }
    double fraction = z;
    for (int n = 60; n > 0; n--) {
      fraction = z + n / fraction;
    }
    return density / fraction;
  }

  /** P(X ≥ count) of a binomial variable; sums the smaller side term by term in log space. */
  static double binomialAtLeast(int count, int trials, double probability) {
    if (count <= 0) {
      return 1;
    }
    if (count > trials) {
      return 0;
    }
    double odds = probability / (1 - probability);
    double term = trials * Math.log1p(-probability);
    double below = 0;
    double above = 0;
    for (int k = 0; k <= trials; k++) {
      if (k < count) {
        below += Math.exp(term);
      } else {
        above += Math.exp(term);
      }
      term += Math.log((double) (trials - k) / (k + 1) * odds);
    }
    return count > trials * probability ? above : Math.max(0, 1 - below);
  }
}
