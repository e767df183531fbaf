package io.dgrid.core.sampling;

/**
 * The two transcendental functions the protocol needs, with the same bits on every JVM and CPU.
 * {@link Math#exp} and {@link Math#log} may be replaced by intrinsics that differ in the last bit.
 */
public final class DeterministicMath {
  /**
   * Beyond this the result would be subnormal or infinite; such weights never matter in a
   * distribution.
   */
  private static final double LARGEST_EXPONENT = 700;

  private static final double LOG2_E = 1.4426950408889634;
  // ln 2 in two parts, so that x - k·ln 2 loses nothing.
  private static final double LN2_HIGH = 0.6931471803691238;
  private static final double LN2_LOW = 1.9082149292705877e-10;

  private DeterministicMath() {}

  /**
   * e^x with a relative error below 1e-11.
   *
   * @return 0 below −700, positive infinity above 700, NaN for NaN
   */
  public static double exp(double x) {
    if (x < -LARGEST_EXPONENT) {
      return 0;
    }
    if (x > LARGEST_EXPONENT) {
      return Double.POSITIVE_INFINITY;
    }
    double k = Math.rint(x * LOG2_E);
    double r = (x - k * LN2_HIGH) - k * LN2_LOW;
    // Horner form of the Taylor series; |r| is at most ln(2)/2. Only +, * and division of
    // constants, which are exact everywhere.
    double p = 1.0 / 40320 + r * (1.0 / 362880);
    p = 1.0 / 5040 + r * p;
    p = 1.0 / 720 + r * p;
    p = 1.0 / 120 + r * p;
    p = 1.0 / 24 + r * p;
    p = 1.0 / 6 + r * p;
    p = 1.0 / 2 + r * p;
    p = 1 + r * p;
    p = 1 + r * p;
    return p * Double.longBitsToDouble(((long) k + 1023) << 52);
  }

  /** Natural logarithm, the same bits everywhere. */
  public static double log(double x) {
    return StrictMath.log(x);
  }
}
