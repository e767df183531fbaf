package io.dgrid.oracle.compare;

import java.util.Comparator;
import java.util.List;

/** Holm's step-down correction: the chance of any false rejection stays below the significance. */
final class Holm {
  private Holm() {}

  /**
   * @param test its bit in the verdict's mask
   * @param probability of data this extreme from an honest node
   */
  record Outcome(int test, double probability) {}

  /** Bit mask of the rejected tests. */
  static int rejected(List<Outcome> outcomes, double significance) {
    List<Outcome> ascending =
        outcomes.stream().sorted(Comparator.comparingDouble(Outcome::probability)).toList();
    int mask = 0;
    int remaining = ascending.size();
    for (Outcome outcome : ascending) {
      if (outcome.probability() > significance / remaining) {
        break;
      }
      mask |= outcome.test();
      remaining--;
    }
    return mask;
  }
}
