package io.dgrid.oracle.compare;

/**
 * How far honest engines on different hardware differ, for classes S and L. Conservative on
 * purpose: a value that is too large costs power, one that is too small convicts the innocent.
 *
 * @param meanDistance expected mean of min(|claimed − verified|, 1), nats
 * @param distanceDeviation standard deviation of one token's distance, nats
 * @param redrawMismatchRate probability that an honest redraw differs
 * @param significance probability of a false MISMATCH per comparison, over all tests together
 */
public record Calibration(
    double meanDistance, double distanceDeviation, double redrawMismatchRate, double significance) {
  public static final Calibration DEFAULT = new Calibration(0.02, 0.06, 0.01, 1e-4);

  public Calibration {
    if (!(meanDistance >= 0 && distanceDeviation > 0)
        || !(redrawMismatchRate > 0 && redrawMismatchRate < 1)
        || !(significance > 0 && significance < 1)) {
      throw new IllegalArgumentException("calibration out of bounds");
    }
  }
}
