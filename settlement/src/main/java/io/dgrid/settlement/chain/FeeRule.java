package io.dgrid.settlement.chain;

import io.dgrid.settlement.ledger.SignedCall;
import java.math.BigInteger;

/**
 * What a transaction offers per gas, in wei. The base fee may double before it is mined; a
 * replacement offers at least an eighth more than what it replaces, for nodes refuse less.
 */
record FeeRule(BigInteger ceiling) {
  private static final BigInteger EIGHT = BigInteger.valueOf(8);

  /** Never above the ceiling. */
  Offer first(ChainRpc.Fees market) {
    return capped(market.base().shiftLeft(1).add(market.priority()), market.priority());
  }

  Offer replacing(SignedCall old, ChainRpc.Fees market) {
    Offer fresh = first(market);
    return capped(
        fresh.maxFee().max(anEighthMore(old.maxFee())),
        fresh.maxPriorityFee().max(anEighthMore(old.maxPriorityFee())));
  }

  /** Whether a replacement would really offer more. */
  boolean canRaise(SignedCall old) {
    return anEighthMore(old.maxFee()).compareTo(ceiling) <= 0;
  }

  record Offer(BigInteger maxFee, BigInteger maxPriorityFee) {}

  private Offer capped(BigInteger maxFee, BigInteger priority) {
    BigInteger fee = maxFee.min(ceiling);
    return new Offer(fee, priority.min(fee));
  }

  private static BigInteger anEighthMore(BigInteger old) {
    return old.add(old.divide(EIGHT)).add(BigInteger.ONE);
  }
}
