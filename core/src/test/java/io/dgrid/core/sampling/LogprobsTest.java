package io.dgrid.core.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LogprobsTest {
  @Test
  void probabilitiesAddUpToOne() {
    float[] logits = {3, -2, 0.5f, 30, 29, Float.NEGATIVE_INFINITY};
    double sum = 0;
    for (int token = 0; token < logits.length; token++) {
      sum += StrictMath.exp(Logprobs.logprob(logits, token));
    }
    assertThat(sum).isCloseTo(1, within(1e-10));
  }

  @Test
  void equalLogitsShareTheProbability() {
    assertThat(Logprobs.logprob(new float[] {5, 5, 5, 5}, 2))
        .isCloseTo(-StrictMath.log(4), within(1e-12));
  }

  @Test
  void quantisesToSixteenBits() {
    assertThat(Logprobs.quantise(0)).isZero();
    assertThat(Logprobs.quantise(1e-17)).isZero();
    assertThat(Logprobs.quantise(-1)).isEqualTo(2048);
    assertThat(Logprobs.quantise(-0.5 / 2048)).isEqualTo(1);
    assertThat(Logprobs.quantise(-0.49 / 2048)).isZero();
    assertThat(Logprobs.quantise(-31.9)).isEqualTo(65_331);
    assertThat(Logprobs.quantise(-32)).isEqualTo(65_535);
    assertThat(Logprobs.quantise(Double.NEGATIVE_INFINITY)).isEqualTo(65_535);
    assertThat(Logprobs.dequantise(2048)).isEqualTo(-1);
  }

  @Test
  void refusesLogitsThatAreNoDistribution() {
    refuses(1, Float.NaN);
    refuses(1, Float.POSITIVE_INFINITY);
    refuses(Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY);
  }

  private static void refuses(float... logits) {
    assertThatThrownBy(() -> Logprobs.logNormalizer(logits))
        .isInstanceOf(NonFiniteLogitsException.class);
  }
}
