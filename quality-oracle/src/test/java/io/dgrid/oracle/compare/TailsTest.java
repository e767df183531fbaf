package io.dgrid.oracle.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.List;
import org.junit.jupiter.api.Test;

class TailsTest {
  @Test
  void normalTailHasItsTabulatedValues() {
    assertThat(Tails.normalAbove(0)).isEqualTo(0.5);
    assertThat(Tails.normalAbove(1.959963985)).isCloseTo(0.025, offset(1e-10));
    assertThat(Tails.normalAbove(-1)).isCloseTo(0.8413447461, offset(1e-9));
    assertThat(Tails.normalAbove(3) / 1.349898032e-3).isCloseTo(1, offset(1e-8));
    assertThat(Tails.normalAbove(8) / 6.22096057e-16).isCloseTo(1, offset(1e-7));
  }

  @Test
  void binomialTailHasItsExactValues() {
    assertThat(Tails.binomialAtLeast(0, 10, 0.01)).isEqualTo(1);
    assertThat(Tails.binomialAtLeast(11, 10, 0.01)).isZero();
    assertThat(Tails.binomialAtLeast(1, 10, 0.01)).isCloseTo(1 - Math.pow(0.99, 10), offset(1e-12));
    assertThat(Tails.binomialAtLeast(10, 10, 0.1) / 1e-10).isCloseTo(1, offset(1e-9));
    assertThat(Tails.binomialAtLeast(3, 4, 0.5)).isCloseTo(5 / 16.0, offset(1e-12));
  }

  @Test
  void holmRejectsStepByStep() {
    var low = new Holm.Outcome(1, 0.004);
    var middle = new Holm.Outcome(2, 0.024);
    var high = new Holm.Outcome(4, 0.9);
    assertThat(Holm.rejected(List.of(high, middle, low), 0.05)).isEqualTo(3);
    // Not below 0.05 / 3, so the ones after it are not even looked at.
    assertThat(Holm.rejected(List.of(high, middle, new Holm.Outcome(1, 0.017)), 0.05)).isZero();
    assertThat(Holm.rejected(List.of(), 0.05)).isZero();
  }
}
