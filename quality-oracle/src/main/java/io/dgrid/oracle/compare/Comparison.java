package io.dgrid.oracle.compare;

import io.dgrid.core.receipt.VerdictResult;

/**
 * Outcome of comparing one claim with one measurement; masks as in the verdict.
 *
 * @param tokens output tokens compared
 * @param logprobDistance mean of min(|claimed − verified|, 1), millionths of a nat
 * @param redrawMismatches tokens whose redraw differs
 */
public record Comparison(
    VerdictResult result,
    int testsRun,
    int testsFailed,
    int tokens,
    int logprobDistance,
    int redrawMismatches) {

  /** Nothing was compared. */
  static final Comparison NONE = new Comparison(VerdictResult.INCONCLUSIVE, 0, 0, 0, 0, 0);
}
