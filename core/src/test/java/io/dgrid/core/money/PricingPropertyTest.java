package io.dgrid.core.money;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PricingPropertyTest {

  @Test
  void billNeverExceedsTheHoldAndSplittingNeverCostsTheClientMore() {
    long seed = 42;
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      Pricing pricing = new Pricing(price(random), price(random));
      Price maximum =
          pricing.input().compareTo(pricing.output()) >= 0 ? pricing.input() : pricing.output();
      int input = 1 + random.nextInt(4000);
      int first = random.nextInt(4000);
      int second = random.nextInt(4000);

      TokenAmount whole = pricing.bill(input, first + second);
      TokenAmount parts = pricing.bill(input, first).plus(pricing.bill(0, second));
      TokenAmount hold = new Pricing(maximum, maximum).atMost(input, first + second);

      assertThat(pricing.within(maximum)).isTrue();
      assertThat(whole).as("seed %d", seed).isLessThanOrEqualTo(hold);
      assertThat(parts).as("seed %d", seed).isLessThanOrEqualTo(whole);
      assertThat(whole.minus(parts)).isLessThanOrEqualTo(TokenAmount.of(1));
    }
  }

  @Test
  void wireFormIsStrict() {
    assertThat(TokenAmount.parse("0")).isEqualTo(TokenAmount.ZERO);
    String largest = BigInteger.TWO.pow(128).subtract(BigInteger.ONE).toString();
    assertThat(TokenAmount.parse(largest)).hasToString(largest);
    for (String bad :
        new String[] {"", "-1", "+1", "01", " 1", "1.0", "1e3", "0x1", "٣", largest + "0"}) {
      assertThatThrownBy(() -> TokenAmount.parse(bad))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> TokenAmount.parse(BigInteger.TWO.pow(128).toString()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void amountsNeverGoNegative() {
    assertThatThrownBy(() -> TokenAmount.of(1).minus(TokenAmount.of(2)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(TokenAmount.tokens(3).minus(TokenAmount.of(1)).display())
        .isEqualTo("2.999999999999999999 DGRID");
  }

  private static Price price(Random random) {
    return new Price(new BigInteger(1 + random.nextInt(80), random));
  }
}
