package io.dgrid.core.reputation;

import io.dgrid.core.receipt.Verdict;

/**
 * Evidence about one node: token-weighted verdicts, halved every seven days, over a uniform prior.
 * The standing is the 5 % lower bound of the resulting Beta distribution, so that a new node starts
 * low and earns its place, and an old record fades when nothing confirms it.
 *
 * <p>Immutable and incremental: {@link #plus} takes verdicts in any order and costs one power; the
 * bound is computed only when {@link #micros} is asked. Verdicts must be of the same node and each
 * receipt must be added once; the caller keeps that set.
 *
 * @param matchWeight evidence for the node in windows of 32 tokens, as of {@code asOf}
 * @param mismatchWeight evidence against it, same unit
 * @param matches verdicts counted for it
 * @param mismatches verdicts counted against it
 * @param asOf Unix milliseconds of the newest verdict, 0 before the first
 */
public record Reputation(
    double matchWeight, double mismatchWeight, long matches, long mismatches, long asOf) {

  /** A node nobody has judged. */
  public static final Reputation UNKNOWN = new Reputation(0, 0, 0, 0, 0);

  /** Milliseconds after which a verdict counts half. */
  public static final long HALF_LIFE_MS = 7L * 24 * 60 * 60 * 1000;

  private static final double WINDOW_TOKENS = 32;

  /** One long answer must not outweigh a history of short ones. */
  private static final double MAX_WEIGHT = 16;

  /** A node that does not show its work loses standing, but slower than one caught lying. */
  private static final double UNOPENED_FACTOR = 0.125;

  private static final double CONFIDENCE = 0.05;

  /** Folds the verdicts of one node, in any order. */
  public static Reputation of(Iterable<Verdict> verdicts) {
    Reputation folded = UNKNOWN;
    for (Verdict verdict : verdicts) {
      folded = folded.plus(verdict);
    }
    return folded;
  }

  /** The standing after one more verdict. */
  public Reputation plus(Verdict verdict) {
    double weight = Math.clamp(verdict.tokens() / WINDOW_TOKENS, 1 / WINDOW_TOKENS, MAX_WEIGHT);
    return switch (verdict.result()) {
      case MATCH -> plus(verdict.decidedAt(), weight, 0, 1, 0);
      case MISMATCH -> plus(verdict.decidedAt(), 0, weight, 0, 1);
      // Without any test run the node showed nothing; with some, nobody could score what it showed.
      case INCONCLUSIVE ->
          verdict.testsRun() == 0
              ? plus(verdict.decidedAt(), 0, weight * UNOPENED_FACTOR, 0, 0)
              : this;
    };
  }

  private Reputation plus(long at, double match, double mismatch, long matched, long mismatched) {
    long newest = Math.max(at, asOf);
    double old = decay(newest - asOf);
    double added = decay(newest - at);
    return new Reputation(
        matchWeight * old + match * added,
        mismatchWeight * old + mismatch * added,
        matches + matched,
        mismatches + mismatched,
        newest);
  }

  /** The 5 % lower bound of the share of honest work at a time, 0 to 1 000 000. */
  public int micros(long now) {
    double faded = decay(Math.max(0, now - asOf));
    double bound =
        BetaDistribution.quantile(CONFIDENCE, 1 + matchWeight * faded, 1 + mismatchWeight * faded);
    return (int) Math.floor(bound * 1_000_000);
  }

  private static double decay(long elapsedMs) {
    return StrictMath.pow(0.5, (double) elapsedMs / HALF_LIFE_MS);
  }
}
