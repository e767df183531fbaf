package io.dgrid.settlement.chain;

import io.dgrid.core.identity.Address;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import java.math.BigInteger;

/** What the contract would do with a voucher now; the same checks in the same order, as reads. */
final class VoucherProbe {
  private VoucherProbe() {}

  /**
   * Blocks for up to two calls.
   *
   * @param signer who signed the voucher
   * @param now Unix milliseconds
   * @return {@link SkipReason#NONE} when it would pay something
   */
  static SkipReason probe(ChainRpc rpc, Signed<Voucher> signed, Address signer, long now) {
    Voucher voucher = signed.statement();
    if (Long.compareUnsigned(voucher.validBefore(), now) <= 0) {
      return SkipReason.EXPIRED;
    }
    BigInteger settled =
        rpc.settledAmount(voucher.client(), voucher.node(), voucher.channelEpoch());
    BigInteger due = voucher.cumulativeAmount().units().subtract(settled);
    return due.signum() <= 0
        ? SkipReason.STALE
        : rpc.charge(voucher.client(), signer, voucher.node(), due);
  }
}
