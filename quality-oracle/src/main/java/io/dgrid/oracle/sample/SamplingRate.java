package io.dgrid.oracle.sample;

/**
 * How often a node's receipts are replayed, in millionths. New nodes always; then less as their
 * standing grows, never below what makes cheating unprofitable.
 *
 * @param floorMicros never less, 0 to 1 000 000; a demonstration sets 1 000 000
 * @param deterrenceMicros p*: the rate at which cheating stops to pay
 */
public record SamplingRate(int floorMicros, int deterrenceMicros) {
  /** Receipts of a node that are all replayed. */
  public static final long PROBATION = 100;

  private static final int ALL = 1_000_000;
  private static final int LEAST = 10_000;

  public SamplingRate {
    if (floorMicros < 0 || floorMicros > ALL || deterrenceMicros < 0 || deterrenceMicros > ALL) {
      throw new IllegalArgumentException("rates are 0 to 1 000 000 millionths");
    }
  }

  /**
   * Linear in what the standing lacks: a perfect node is replayed at max(1 %, 3·p*), one without
   * any standing always.
   *
   * @param receiptsBefore receipts of the node seen earlier
   * @param reputationMicros its standing, 0 to 1 000 000
   */
  public int micros(long receiptsBefore, int reputationMicros) {
    if (receiptsBefore < PROBATION) {
      return ALL;
    }
    long trusted = Math.min(ALL, Math.max(LEAST, 3L * deterrenceMicros));
    long doubt = ALL - Math.clamp(reputationMicros, 0, ALL);
    return (int) Math.max(floorMicros, trusted + (ALL - trusted) * doubt / ALL);
  }
}
