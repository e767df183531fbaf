package io.dgrid.core.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The sampler against the protocol's sentences written down as plainly as possible, with full
 * sorts.
 */
class SamplerPropertyTest {
  @Test
  void drawsWhatTheProtocolSays() {
    Sampler sampler = null;
    for (long seed = 1; seed <= 3_000; seed++) {
      Random random = new Random(seed);
      int vocabulary = 1 + random.nextInt(60);
      float[] logits = new float[vocabulary];
      for (int i = 0; i < vocabulary; i++) {
        // Few distinct values, so that ties are common; now and then impossible or vanishing
        // tokens.
        logits[i] = random.nextInt(8) == 0 ? -900f : random.nextInt(12) / 2f;
      }
      SamplingParameters parameters =
          new SamplingParameters(
              random.nextLong(),
              random.nextInt(2_000_001),
              random.nextBoolean() ? 1_000_000 : 1 + random.nextInt(1_000_000),
              random.nextBoolean() ? 0 : random.nextInt(vocabulary + 3),
              List.of());
      int position = random.nextInt(1000);
      sampler = new Sampler(vocabulary);
      // A second draw on the same buffers must not see the first.
      sampler.draw(logits, parameters, position + 1);

      assertThat(sampler.draw(logits, parameters, position))
          .as("seed %d: %s of %s", seed, parameters, Arrays.toString(logits))
          .isEqualTo(plainDraw(logits, parameters, sampler.uniform(parameters.seed(), position)));
    }
  }

  private static int plainDraw(float[] logits, SamplingParameters parameters, double uniform) {
    List<Integer> ids = IntStream.range(0, logits.length).boxed().toList();
    int best = ids.stream().max(Comparator.comparing(i -> logits[i])).orElseThrow();
    if (parameters.temperatureMicros() == 0) {
      return ids.stream().filter(i -> logits[i] == logits[best]).findFirst().orElseThrow();
    }
    double temperature = parameters.temperatureMicros() / 1e6;
    double[] weights = new double[logits.length];
    ids.forEach(
        i -> weights[i] = DeterministicMath.exp(((double) logits[i] - logits[best]) / temperature));
    List<Integer> descending =
        ids.stream()
            .sorted(Comparator.comparing((Integer i) -> -weights[i]).thenComparing(i -> i))
            .toList();
    if (parameters.topK() > 0) {
      descending = descending.subList(0, Math.min(parameters.topK(), descending.size()));
    }
    if (parameters.topPMicros() < 1_000_000) {
      double wanted = sum(weights, descending) * (parameters.topPMicros() / 1e6);
      double prefix = 0;
      int count = 0;
      while (count < descending.size() && prefix < wanted) {
        prefix += weights[descending.get(count++)];
      }
      descending = descending.subList(0, count);
    }
    double threshold = uniform * sum(weights, descending);
    double running = 0;
    for (int id : descending.stream().sorted().toList()) {
      running += weights[id];
      if (running > threshold) {
        return id;
      }
    }
    throw new AssertionError("nothing drawn");
  }

  private static double sum(double[] weights, List<Integer> ids) {
    double sum = 0;
    for (int id : ids.stream().sorted().toList()) {
      sum += weights[id];
    }
    return sum;
  }
}
