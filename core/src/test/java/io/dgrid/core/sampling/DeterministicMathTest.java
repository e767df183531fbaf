package io.dgrid.core.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DeterministicMathTest {
  @Test
  void exponentialStaysWithinItsStatedError() {
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      double x = random.nextDouble(-700, 700);
      double exact = StrictMath.exp(x);
      assertThat(DeterministicMath.exp(x) / exact).as("exp(%s)", x).isCloseTo(1, within(1e-11));
    }
  }

  @Test
  void exponentialHasTheseBits() {
    // Computed by the same steps in another language.
    long mixed = 7;
    for (int i = 0; i <= 70_000; i++) {
      mixed = mixed * 31 + Double.doubleToRawLongBits(DeterministicMath.exp(-i / 100.0));
    }
    assertThat(Double.doubleToRawLongBits(DeterministicMath.exp(-1)))
        .isEqualTo(0x3fd78b56362ca968L);
    assertThat(mixed).isEqualTo(0x75dab4e3ca4d1c5fL);
  }

  @Test
  void exponentialIsTotal() {
    assertThat(DeterministicMath.exp(0)).isEqualTo(1);
    assertThat(DeterministicMath.exp(-701)).isZero();
    assertThat(DeterministicMath.exp(Double.NEGATIVE_INFINITY)).isZero();
    assertThat(DeterministicMath.exp(701)).isInfinite();
    assertThat(DeterministicMath.exp(Double.NaN)).isNaN();
  }
}
