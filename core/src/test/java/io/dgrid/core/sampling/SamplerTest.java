package io.dgrid.core.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final int ONE = SamplingParameters.MICROS;

  @Test
  void uniformIsTheFirstBitsOfAHash() {
    Sampler sampler = new Sampler(2);
    // SHA-256 computed by another implementation.
    assertThat(sampler.uniform(0, 0)).isEqualTo(771373946806502L * 0x1p-53);
    assertThat(sampler.uniform(42, 0)).isEqualTo(2726637900733426L * 0x1p-53);
    assertThat(sampler.uniform(42, 1)).isEqualTo(8141134812253037L * 0x1p-53);
    assertThat(sampler.uniform(-1, -1)).isEqualTo(4733510455474696L * 0x1p-53);
  }

  @Test
  void greedyTakesTheSmallestIdAmongTheLargest() {
    assertThat(draw(SamplingParameters.greedy(), 0, 1, 3, 2, 3, 3)).isEqualTo(2);
  }

  @Test
  void drawsEveryTokenAsOftenAsItIsLikely() {
    Sampler sampler = new Sampler(3);
    float[] logits = {(float) Math.log(0.2), (float) Math.log(0.5), (float) Math.log(0.3)};
    int[] drawn = new int[3];
    for (int position = 0; position < 100_000; position++) {
      drawn[sampler.draw(logits, SamplingParameters.seeded(7, ONE), position)]++;
    }
    // Five standard deviations; the draws are fixed, so this holds always or never.
    assertThat(drawn[0] / 100_000.0).isCloseTo(0.2, within(0.0065));
    assertThat(drawn[1] / 100_000.0).isCloseTo(0.5, within(0.008));
    assertThat(drawn[2] / 100_000.0).isCloseTo(0.3, within(0.0075));
  }

  @Test
  void topKKeepsTheMostLikelyAndPrefersSmallIdsAmongEquals() {
    assertThat(reachable(2, ONE, 1, 5, 4, 5, 5)).containsExactly(1, 3);
    assertThat(reachable(1, ONE, 1, 5, 4, 5, 5)).containsExactly(1);
    assertThat(reachable(9, ONE, 1, 2, 1)).containsExactly(0, 1, 2);
  }

  @Test
  void topPKeepsTheShortestPrefixThatReachesTheMass() {
    // Four equal weights: half of the mass is reached by exactly two.
    assertThat(reachable(0, ONE / 2, 1, 1, 1, 1)).containsExactly(0, 1);
    assertThat(reachable(0, ONE / 2 + 1, 1, 1, 1, 1)).containsExactly(0, 1, 2);
    assertThat(reachable(0, 1, 1, 1, 2, 1)).containsExactly(2);
  }

  @Test
  void topPIsMeasuredOnWhatTopKKept() {
    // All four: one token is a quarter of the mass. Of the two that top-k keeps it is half.
    assertThat(reachable(0, 400_000, 1, 1, 1, 1)).containsExactly(0, 1);
    assertThat(reachable(2, 400_000, 1, 1, 1, 1)).containsExactly(0);
  }

  @Test
  void surprisalHasTheEntropyAsItsExpectation() {
    Sampler sampler = new Sampler(4);
    float[] logits = {0, 1, 2, -50};
    SamplingParameters filtered = new SamplingParameters(1, ONE, ONE, 3, List.of());
    sampler.draw(logits, filtered, 0);

    double mean = 0;
    double square = 0;
    double mass = 0;
    for (int token = 0; token < 3; token++) {
      double value = sampler.surprisal(token).value();
      double q = StrictMath.exp(-value);
      mass += q;
      mean += q * value;
      square += q * value * value;
    }

    assertThat(mass).isCloseTo(1, within(1e-10));
    assertThat(sampler.surprisal(0).expected()).isCloseTo(mean, within(1e-10));
    assertThat(sampler.surprisal(0).variance()).isCloseTo(square - mean * mean, within(1e-9));
    assertThat(sampler.surprisal(3).value()).isInfinite();
  }

  @Test
  void greedyLeavesNoSurprise() {
    Sampler sampler = new Sampler(2);
    sampler.draw(new float[] {1, 2}, SamplingParameters.greedy(), 0);
    assertThat(sampler.surprisal(1)).isEqualTo(new Surprisal(0, 0, 0));
    assertThat(sampler.surprisal(0).value()).isInfinite();
  }

  @Test
  void refusesLogitsOfAnotherVocabularyOrWithoutNumbers() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Sampler(3).draw(new float[2], SamplingParameters.greedy(), 0));
    assertThatThrownBy(() -> draw(SamplingParameters.greedy(), 0, Float.NaN))
        .isInstanceOf(NonFiniteLogitsException.class)
        .hasMessageContaining("token 1");
  }

  private static int draw(SamplingParameters parameters, float... logits) {
    return new Sampler(logits.length).draw(logits, parameters, 0);
  }

  private static Set<Integer> reachable(int topK, int topPMicros, float... logits) {
    Sampler sampler = new Sampler(logits.length);
    Set<Integer> drawn = new TreeSet<>();
    for (int position = 0; position < 1000; position++) {
      drawn.add(
          sampler.draw(
              logits, new SamplingParameters(3, ONE, topPMicros, topK, List.of()), position));
    }
    return drawn;
  }
}
