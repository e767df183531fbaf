package io.dgrid.core.reputation;

/**
 * The Beta distribution, in {@link StrictMath} so that every party computes the same bits. Shapes
 * must be at least 1, which the uniform prior guarantees.
 */
final class BetaDistribution {
  private static final double TINY = 1e-300;
  private static final double PRECISION = 1e-14;
  private static final int MAX_TERMS = 10_000;

  /** Bisection steps; the interval is then narrower than 1e-9. */
  private static final int STEPS = 32;

  private BetaDistribution() {}

  /** The value that a Beta(alpha, beta) variable stays below with the given probability. */
  static double quantile(double probability, double alpha, double beta) {
    double low = 0;
    double high = 1;
    for (int i = 0; i < STEPS; i++) {
      double middle = (low + high) / 2;
      if (cumulative(middle, alpha, beta) < probability) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Regularized incomplete beta function. */
  static double cumulative(double x, double alpha, double beta) {
    if (x <= 0 || x >= 1) {
      return x <= 0 ? 0 : 1;
    }
    // The fraction converges fast on this side only; the other side is its mirror image.
    return x < (alpha + 1) / (alpha + beta + 2)
        ? front(x, alpha, beta) * fraction(x, alpha, beta) / alpha
        : 1 - front(x, alpha, beta) * fraction(1 - x, beta, alpha) / beta;
  }

  private static double front(double x, double alpha, double beta) {
    return StrictMath.exp(
        logGamma(alpha + beta)
            - logGamma(alpha)
            - logGamma(beta)
            + alpha * StrictMath.log(x)
            + beta * StrictMath.log1p(-x));
  }

  /** The continued fraction of DLMF 8.17.22, evaluated by Lentz's method. */
  private static double fraction(double x, double a, double b) {
    double c = 1;
    double d = inverse(1 - (a + b) * x / (a + 1));
    double value = d;
    for (int m = 1; m < MAX_TERMS; m++) {
      double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      d = inverse(1 + even * d);
      c = nonZero(1 + even / c);
      value *= d * c;
      double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
      d = inverse(1 + odd * d);
      c = nonZero(1 + odd / c);
      value *= d * c;
      if (Math.abs(d * c - 1) < PRECISION) {
        break;
      }
    }
    return value;
  }

  private static double inverse(double value) {
    return 1 / nonZero(value);
  }

  private static double nonZero(double value) {
    return Math.abs(value) < TINY ? TINY : value;
  }

  /** Stirling's series after shifting the argument up; exact to about 1e-13 for arguments ≥ 1. */
  static double logGamma(double x) {
    double shift = 0;
    double z = x;
    while (z < 12) {
      shift += StrictMath.log(z);
      z += 1;
    }
    double r = 1 / z;
    double r2 = r * r;
    double series = r * (1 / 12.0 - r2 * (1 / 360.0 - r2 * (1 / 1260.0 - r2 * (1 / 1680.0))));
    return (z - 0.5) * StrictMath.log(z) - z + 0.5 * StrictMath.log(2 * Math.PI) + series - shift;
  }
}
