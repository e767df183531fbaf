package io.dgrid.oracle.compare;

import static io.dgrid.core.receipt.Verdict.T1;
import static io.dgrid.core.receipt.Verdict.T2;
import static io.dgrid.core.receipt.Verdict.T3;

import io.dgrid.core.receipt.VerdictResult;
import java.util.ArrayList;
import java.util.List;

/**
 * Did the registered model produce these tokens? Class D compares bits, classes S and L test
 * statistically with one false alarm in 1/significance comparisons over all tests together.
 */
public final class IntegrityTests {
  /** Below this many informative tokens the statistical tests decide nothing. */
  public static final int MIN_INFORMATIVE = 32;

  private static final double STEPS_PER_NAT = 2048;

  /** A token that the model is this sure of (0.01 nat) says nothing about the model. */
  private static final int CERTAIN = 20;

  private static final double NO_SPREAD = 1e-6;

  private final Calibration calibration;

  public IntegrityTests(Calibration calibration) {
    this.calibration = calibration;
  }

  /**
   * @throws IllegalArgumentException when the measurement is not of this many tokens
   */
  public Comparison compare(AssuranceClass assurance, Claim claim, Measurement measured) {
    if (measured.logprobs().length != claim.tokens()) {
      throw new IllegalArgumentException(
          "%d scores for %d tokens".formatted(measured.logprobs().length, claim.tokens()));
    }
    if (claim.tokens() == 0) {
      return Comparison.NONE;
    }
    return switch (assurance) {
      case DETERMINISTIC -> compareBits(claim, measured);
      case SEEDED -> compareStatistically(claim, measured, measured.redrawn().length > 0);
      case LOGPROBS -> compareStatistically(claim, measured, false);
      case CLOSED -> Comparison.NONE;
    };
  }

  private Comparison compareBits(Claim claim, Measurement measured) {
    boolean redraws = measured.redrawn().length > 0;
    boolean equalLogprobs = java.util.Arrays.equals(claim.logprobs(), measured.logprobs());
    int mismatches = redrawMismatches(claim, measured);
    int failed = (equalLogprobs ? 0 : T1) | (mismatches == 0 ? 0 : T3);
    return comparison(
        failed == 0 ? VerdictResult.MATCH : VerdictResult.MISMATCH,
        T1 | (redraws ? T3 : 0),
        failed,
        claim,
        measured);
  }

  private Comparison compareStatistically(Claim claim, Measurement measured, boolean redraws) {
    List<Holm.Outcome> outcomes = new ArrayList<>();
    outcomes.add(new Holm.Outcome(T1, logprobFidelity(claim, measured)));
    if (measured.surprisalVariance() > NO_SPREAD) {
      double z = measured.surprisalExcess() / Math.sqrt(measured.surprisalVariance());
      outcomes.add(new Holm.Outcome(T2, Math.min(1, 2 * Tails.normalAbove(Math.abs(z)))));
    }
    if (redraws) {
      outcomes.add(
          new Holm.Outcome(
              T3,
              Tails.binomialAtLeast(
                  redrawMismatches(claim, measured),
                  claim.tokens(),
                  calibration.redrawMismatchRate())));
    }
    int run = outcomes.stream().mapToInt(Holm.Outcome::test).reduce(0, (a, b) -> a | b);
    int failed = Holm.rejected(outcomes, calibration.significance());
    return comparison(decide(failed, informative(claim, measured)), run, failed, claim, measured);
  }

  private static VerdictResult decide(int failed, int informative) {
    if (informative < MIN_INFORMATIVE) {
      return VerdictResult.INCONCLUSIVE;
    }
    return failed == 0 ? VerdictResult.MATCH : VerdictResult.MISMATCH;
  }

  /** P(mean distance at least this large), normal by the number of tokens. */
  private double logprobFidelity(Claim claim, Measurement measured) {
    double deviation = calibration.distanceDeviation() / Math.sqrt(claim.tokens());
    return Tails.normalAbove((distance(claim, measured) - calibration.meanDistance()) / deviation);
  }

  private static Comparison comparison(
      VerdictResult result, int run, int failed, Claim claim, Measurement measured) {
    return new Comparison(
        result,
        run,
        failed,
        claim.tokens(),
        (int) Math.round(distance(claim, measured) * 1_000_000),
        redrawMismatches(claim, measured));
  }

  private static double distance(Claim claim, Measurement measured) {
    double sum = 0;
    for (int i = 0; i < claim.tokens(); i++) {
      int steps = Math.abs(claim.logprobs()[i] - measured.logprobs()[i]);
      sum += Math.min(1, steps / STEPS_PER_NAT);
    }
    return sum / claim.tokens();
  }

  private static int redrawMismatches(Claim claim, Measurement measured) {
    int count = 0;
    for (int i = 0; i < measured.redrawn().length; i++) {
      if (measured.redrawn()[i] != claim.tokenIds()[i]) {
        count++;
      }
    }
    return count;
  }

  /** Tokens that either side found less than certain: a liar may claim certainty. */
  private static int informative(Claim claim, Measurement measured) {
    int count = 0;
    for (int i = 0; i < claim.tokens(); i++) {
      if (Math.max(claim.logprobs()[i], measured.logprobs()[i]) > CERTAIN) {
        count++;
      }
    }
    return count;
  }
}
