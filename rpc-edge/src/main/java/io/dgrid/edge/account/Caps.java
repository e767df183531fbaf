package io.dgrid.edge.account;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.money.TokenAmount;
import java.math.BigInteger;
import java.util.Map;

/** The one rule of spending caps. */
final class Caps {
  private Caps() {}

  /** What is spent afterwards; throws SPEND_CAP_REACHED. */
  static BigInteger spend(String whose, BigInteger cap, BigInteger spent, TokenAmount amount) {
    BigInteger after = spent.add(amount.units());
    if (after.compareTo(cap) > 0) {
      BigInteger left = cap.subtract(spent).max(BigInteger.ZERO);
      throw new DGridException(
          ErrorCode.SPEND_CAP_REACHED,
          "%s has %s left of its cap, the worst case costs %s"
              .formatted(whose, new TokenAmount(left).display(), amount.display()),
          Map.of("required", amount.toString(), "available", left.toString()));
    }
    return after;
  }
}
