package io.dgrid.settlement.batch;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;

/** What a channel's newest accepted voucher says. */
public record ChannelState(TokenAmount cumulative, long receiptCount, Hash receiptsRoot) {
  /** Before the first voucher. */
  public static final ChannelState EMPTY = new ChannelState(TokenAmount.ZERO, 0, Hash.ZERO);
}
