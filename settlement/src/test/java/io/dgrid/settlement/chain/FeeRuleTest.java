package io.dgrid.settlement.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.Hash;
import io.dgrid.settlement.ledger.SignedCall;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;

class FeeRuleTest {
  private final FeeRule rule = new FeeRule(BigInteger.valueOf(1_000));

  @Test
  void firstOfferLetsTheBaseFeeDouble() {
    assertThat(rule.first(market(100, 7))).isEqualTo(offer(207, 7));
  }

  @Test
  void replacementRaisesBothFeesByMoreThanAnEighthEvenWhenTheMarketFell() {
    FeeRule.Offer raised = rule.replacing(signed(207, 8), market(10, 1));

    assertThat(raised).isEqualTo(offer(207 + 25 + 1, 8 + 1 + 1));
  }

  @Test
  void replacementFollowsARisingMarket() {
    assertThat(rule.replacing(signed(207, 8), market(400, 50))).isEqualTo(offer(850, 50));
  }

  @Test
  void ceilingIsNeverExceededAndThenNothingIsReplaced() {
    assertThat(rule.first(market(600, 2_000))).isEqualTo(offer(1_000, 1_000));
    assertThat(rule.canRaise(signed(889, 1))).isFalse();
    assertThat(rule.canRaise(signed(888, 1))).isTrue();
  }

  private static ChainRpc.Fees market(long base, long priority) {
    return new ChainRpc.Fees(BigInteger.valueOf(base), BigInteger.valueOf(priority));
  }

  private static FeeRule.Offer offer(long maxFee, long priority) {
    return new FeeRule.Offer(BigInteger.valueOf(maxFee), BigInteger.valueOf(priority));
  }

  private static SignedCall signed(long maxFee, long priority) {
    return new SignedCall(
        1, new byte[0], Hash.ZERO, BigInteger.valueOf(maxFee), BigInteger.valueOf(priority), 0);
  }
}
