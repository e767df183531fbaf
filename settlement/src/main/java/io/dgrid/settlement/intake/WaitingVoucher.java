package io.dgrid.settlement.intake;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.settlement.batch.Channel;
import io.dgrid.transport.codec.VoucherCodec;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;

/**
 * A voucher whose signature fits {@code signer} and about which nothing is decided yet.
 *
 * @param id of statement and signer together: a copy that a stranger signs must not take the place
 *     of the real one
 * @param receivedAt Unix milliseconds
 */
record WaitingVoucher(Hash id, VoucherStep step, Address signer, long receivedAt) {
  static WaitingVoucher of(VoucherStep step, Address signer, Domain domain, long receivedAt) {
    Hash digest = step.voucher().statement().digest(domain);
    return new WaitingVoucher(
        Keccak.hash(digest.toBytes(), signer.toBytes()), step, signer, receivedAt);
  }

  Voucher voucher() {
    return step.voucher().statement();
  }

  Channel channel() {
    return Channel.of(voucher());
  }

  byte[] payload() {
    return VoucherCodec.toWire(step).toByteArray();
  }
}
