package io.dgrid.settlement.chain;

import io.dgrid.core.money.TokenAmount;

/**
 * A node's bond as the chain has it.
 *
 * @param jailedUntil Unix milliseconds; 0: never jailed
 */
record Standing(TokenAmount stake, long jailedUntil) {
  static final Standing NONE = new Standing(TokenAmount.ZERO, 0);

  Standing withStake(TokenAmount next) {
    return new Standing(next, jailedUntil);
  }

  boolean jailEnded(long now) {
    return jailedUntil != 0 && jailedUntil <= now;
  }

  Standing jailed(long until) {
    return new Standing(stake, until);
  }
}
