package io.dgrid.core.reputation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.core.receipt.VerdictResult;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReputationTest {
  private static final long NOW = 1_800_000_000_000L;

  @Test
  void boundsOfTheBetaDistributionHaveTheirClosedForms() {
    // Beta(n, 1) has cumulative x^n, Beta(1, n) has 1 − (1 − x)^n.
    for (int n : new int[] {1, 2, 20, 1_000, 100_000}) {
      assertThat(BetaDistribution.quantile(0.05, n, 1))
          .isCloseTo(Math.pow(0.05, 1.0 / n), within(2e-9));
      assertThat(BetaDistribution.quantile(0.05, 1, n))
          .isCloseTo(1 - Math.pow(0.95, 1.0 / n), within(2e-9));
    }
    assertThat(BetaDistribution.cumulative(0.5, 7, 7)).isCloseTo(0.5, within(1e-12));
    // 1 − P(Binomial(9, 0.3) ≤ 3), as the integer-shape identity says.
    assertThat(BetaDistribution.cumulative(0.3, 4, 6)).isCloseTo(0.2703409, within(1e-6));
  }

  @Test
  void newNodeStartsLow() {
    assertThat(Reputation.UNKNOWN.micros(NOW)).isBetween(49_999, 50_000);
  }

  @Test
  void honestWorkRaisesAndOneMismatchLowersTheStanding() {
    Reputation some = fold(10, VerdictResult.MATCH, 64);
    Reputation many = fold(100, VerdictResult.MATCH, 64);
    assertThat(some.micros(NOW)).isGreaterThan(800_000);
    assertThat(many.micros(NOW)).isGreaterThan(some.micros(NOW)).isLessThan(1_000_000);
    assertThat(many.plus(verdict(VerdictResult.MISMATCH, 64, NOW)).micros(NOW))
        .isLessThan(many.micros(NOW) - 10_000);
  }

  @Test
  void tokensAreTheWeight() {
    assertThat(fold(10, VerdictResult.MATCH, 256).micros(NOW))
        .isGreaterThan(fold(10, VerdictResult.MATCH, 8).micros(NOW));
  }

  @Test
  void evidenceHalvesInSevenDays() {
    Reputation now = fold(40, VerdictResult.MATCH, 32);
    Reputation half = fold(20, VerdictResult.MATCH, 32);
    assertThat(now.micros(NOW + Reputation.HALF_LIFE_MS)).isCloseTo(half.micros(NOW), within(1));
    assertThat(now.micros(NOW + 100 * Reputation.HALF_LIFE_MS)).isBetween(49_999, 50_001);
  }

  @Test
  void unopenedReceiptsCostStandingAndUnscoredOnesDoNot() {
    Reputation good = fold(20, VerdictResult.MATCH, 64);
    Verdict unopened = verdict(VerdictResult.INCONCLUSIVE, 64, NOW);
    Verdict unscored =
        new Verdict(
            unopened.receiptHash(),
            unopened.node(),
            Address.ZERO,
            VerdictResult.INCONCLUSIVE,
            Verdict.T4,
            0,
            64,
            0,
            0,
            NOW);
    assertThat(good.plus(unscored)).isEqualTo(good);
    assertThat(good.plus(unopened).micros(NOW)).isLessThan(good.micros(NOW));
    assertThat(good.plus(unopened).micros(NOW))
        .isGreaterThan(good.plus(verdict(VerdictResult.MISMATCH, 64, NOW)).micros(NOW));
  }

  @Test
  void orderDoesNotMatter() {
    long seed = 42;
    Random random = new Random(seed);
    List<Verdict> verdicts = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      verdicts.add(
          verdict(
              VerdictResult.of(1 + random.nextInt(3)),
              random.nextInt(600),
              NOW - random.nextLong(30L * 86_400_000)));
    }
    int expected = Reputation.of(verdicts).micros(NOW);
    Collections.shuffle(verdicts, random);
    assertThat(Reputation.of(verdicts).micros(NOW))
        .as("seed " + seed)
        .isCloseTo(expected, within(1));
  }

  private static Reputation fold(int count, VerdictResult result, int tokens) {
    return Reputation.of(Collections.nCopies(count, verdict(result, tokens, NOW)));
  }

  private static Verdict verdict(VerdictResult result, int tokens, long at) {
    return new Verdict(
        new ReceiptHash(Hash.ZERO), Address.ZERO, Address.ZERO, result, 0, 0, tokens, 0, 0, at);
  }
}
