package io.dgrid.oracle.compare;

import static io.dgrid.core.receipt.Verdict.T1;
import static io.dgrid.core.receipt.Verdict.T2;
import static io.dgrid.core.receipt.Verdict.T3;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.receipt.VerdictResult;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IntegrityTestsTest {
  private static final int TOKENS = 64;
  private static final long SEED = 20_260_101;

  private final IntegrityTests tests = new IntegrityTests(Calibration.DEFAULT);
  private final Random random = new Random(SEED);

  @Test
  void equalBitsMatchHoweverShortTheAnswer() {
    SimulatedModel model = SimulatedModel.of(1, random);
    double[] draws = draws(1);
    Claim claim = model.serve(draws);
    Comparison found =
        tests.compare(AssuranceClass.DETERMINISTIC, claim, model.score(claim.tokenIds(), draws));
    assertThat(found).isEqualTo(new Comparison(VerdictResult.MATCH, T1 | T3, 0, 1, 0, 0));
  }

  @Test
  void oneStepInOneLogprobConvictsAnEngineThatHasOneAnswerOnly() {
    SimulatedModel model = SimulatedModel.of(TOKENS, random);
    double[] draws = draws(TOKENS);
    Claim honest = model.serve(draws);
    int[] logprobs = honest.logprobs().clone();
    logprobs[17]++;
    Comparison found =
        tests.compare(
            AssuranceClass.DETERMINISTIC,
            new Claim(honest.tokenIds(), logprobs),
            model.score(honest.tokenIds(), draws));
    assertThat(found.result()).isEqualTo(VerdictResult.MISMATCH);
    assertThat(found.testsFailed()).isEqualTo(T1);
  }

  @Test
  void oneChangedTokenConvictsEvenWithForgedLogprobs() {
    SimulatedModel model = SimulatedModel.of(TOKENS, random);
    double[] draws = draws(TOKENS);
    int[] ids = model.serve(draws).tokenIds().clone();
    ids[3] = (ids[3] + 1) % 40;
    Comparison found =
        tests.compare(
            AssuranceClass.DETERMINISTIC,
            new Claim(ids, model.logprobs(ids)),
            model.score(ids, draws));
    assertThat(found.result()).isEqualTo(VerdictResult.MISMATCH);
    assertThat(found.testsFailed()).isEqualTo(T3);
    assertThat(found.redrawMismatches()).isEqualTo(1);
  }

  @Test
  void honestNodeOnOtherHardwareIsNotConvicted() {
    int convicted = 0;
    for (int i = 0; i < 1_000; i++) {
      SimulatedModel model = SimulatedModel.of(TOKENS, random);
      double[] draws = draws(TOKENS);
      Claim claim = model.disturbed(0.005, random).serve(draws);
      Comparison found =
          tests.compare(AssuranceClass.SEEDED, claim, model.score(claim.tokenIds(), draws));
      if (found.result() == VerdictResult.MISMATCH) {
        convicted++;
      }
    }
    assertThat(convicted).as("false alarms, seed " + SEED).isLessThanOrEqualTo(1);
  }

  @Test
  void smallerModelIsConvicted() {
    assertThat(convictionsOf(0.6, AssuranceClass.SEEDED)).isEqualTo(200);
    assertThat(convictionsOf(0.6, AssuranceClass.LOGPROBS)).isEqualTo(200);
  }

  @Test
  void quantisationWithForgedLogprobsIsSeenByTheRedrawAlone() {
    int convicted = 0;
    int byRedraw = 0;
    for (int i = 0; i < 200; i++) {
      SimulatedModel model = SimulatedModel.of(2 * TOKENS, random);
      double[] draws = draws(2 * TOKENS);
      int[] ids = model.disturbed(0.3, random).serve(draws).tokenIds();
      Comparison found =
          tests.compare(
              AssuranceClass.SEEDED, new Claim(ids, model.logprobs(ids)), model.score(ids, draws));
      if (found.result() == VerdictResult.MISMATCH) {
        convicted++;
        byRedraw += found.testsFailed() == T3 ? 1 : 0;
      }
    }
    assertThat(convicted).as("seed " + SEED).isGreaterThan(180);
    assertThat(byRedraw).isGreaterThan(convicted / 2);
  }

  @Test
  void textOfAnotherOriginWithForgedLogprobsIsTooLikelyOrTooUnlikely() {
    SimulatedModel model = SimulatedModel.of(4 * TOKENS, random);
    double[] draws = draws(4 * TOKENS);
    int[] ids = SimulatedModel.of(4 * TOKENS, random).serve(draws(4 * TOKENS)).tokenIds();
    Comparison found =
        tests.compare(
            AssuranceClass.LOGPROBS, new Claim(ids, model.logprobs(ids)), model.score(ids, draws));
    assertThat(found.testsFailed()).isEqualTo(T2);
    assertThat(found.result()).isEqualTo(VerdictResult.MISMATCH);
  }

  @Test
  void fewInformativeTokensNeverConvictAlone() {
    SimulatedModel model = SimulatedModel.of(31, random);
    double[] draws = draws(31);
    int[] ids = SimulatedModel.of(31, random).serve(draws).tokenIds();
    Claim lie = new Claim(ids, new int[31]);
    Comparison found = tests.compare(AssuranceClass.SEEDED, lie, model.score(ids, draws));
    assertThat(found.testsFailed()).isNotZero();
    assertThat(found.result()).isEqualTo(VerdictResult.INCONCLUSIVE);
  }

  @Test
  void closedModelsAndEmptyAnswersAreNotJudged() {
    Claim none = new Claim(new int[0], new int[0]);
    Measurement nothing = new Measurement(new int[0], new int[0], 0, 0);
    assertThat(tests.compare(AssuranceClass.DETERMINISTIC, none, nothing))
        .isEqualTo(Comparison.NONE);
    SimulatedModel model = SimulatedModel.of(TOKENS, random);
    double[] draws = draws(TOKENS);
    Claim claim = model.serve(draws);
    assertThat(tests.compare(AssuranceClass.CLOSED, claim, model.score(claim.tokenIds(), draws)))
        .isEqualTo(Comparison.NONE);
  }

  @Test
  void scoresOfAnotherLengthAreRefused() {
    Measurement two = new Measurement(new int[2], new int[0], 0, 0);
    assertThatThrownBy(
            () -> tests.compare(AssuranceClass.LOGPROBS, new Claim(new int[1], new int[1]), two))
        .hasMessageContaining("2 scores for 1 tokens");
    assertThatThrownBy(() -> new Measurement(new int[2], new int[1], 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Measurement(new int[0], new int[0], Double.NaN, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private int convictionsOf(double disturbance, AssuranceClass assurance) {
    int convicted = 0;
    for (int i = 0; i < 200; i++) {
      SimulatedModel model = SimulatedModel.of(TOKENS, random);
      double[] draws = draws(TOKENS);
      Claim claim = model.disturbed(disturbance, random).serve(draws);
      Comparison found = tests.compare(assurance, claim, model.score(claim.tokenIds(), draws));
      convicted += found.result() == VerdictResult.MISMATCH ? 1 : 0;
    }
    return convicted;
  }

  private double[] draws(int count) {
    return random.doubles(count).toArray();
  }
}
