package io.dgrid.settlement.batch;

import io.dgrid.core.identity.Address;
import io.dgrid.core.receipt.Voucher;

/** Whose running total for whom; a new epoch starts from zero. */
public record Channel(Address client, Address node, long epoch) {
  public static Channel of(Voucher voucher) {
    return new Channel(voucher.client(), voucher.node(), voucher.channelEpoch());
  }
}
