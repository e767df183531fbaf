package io.dgrid.transport.codec;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.proto.receipt.v1.SignedVoucher;
import java.util.List;

/** Signed vouchers and the receipts they add. */
public final class VoucherCodec {
  private VoucherCodec() {}

  /** A voucher with the step of the hash chain that it makes. */
  public record VoucherStep(
      Signed<Voucher> voucher, List<ReceiptHash> receipts, Hash previousRoot) {
    public VoucherStep {
      receipts = List.copyOf(receipts);
    }
  }

  public static VoucherStep fromWire(SignedVoucher wire) {
    io.dgrid.proto.receipt.v1.Voucher v = wire.getVoucher();
    Voucher voucher =
        new Voucher(
            Wire.address(v.getClient(), "voucher.client"),
            Wire.address(v.getNode(), "voucher.node"),
            v.getChannelEpoch(),
            Wire.amount(v.getCumulativeAmount(), "voucher.cumulative_amount"),
            v.getReceiptCount(),
            Wire.hash(v.getReceiptsRoot(), "voucher.receipts_root"),
            v.getValidBefore());
    return new VoucherStep(
        new Signed<>(voucher, Wire.signature(wire.getSignature(), "voucher.signature")),
        wire.getReceiptsList().stream().map(Wire::receiptHash).toList(),
        Wire.hash(wire.getPreviousRoot(), "voucher.previous_root"));
  }

  public static SignedVoucher toWire(VoucherStep step) {
    Voucher v = step.voucher().statement();
    return SignedVoucher.newBuilder()
        .setVoucher(
            io.dgrid.proto.receipt.v1.Voucher.newBuilder()
                .setClient(Wire.bytes(v.client()))
                .setNode(Wire.bytes(v.node()))
                .setChannelEpoch(v.channelEpoch())
                .setCumulativeAmount(v.cumulativeAmount().toString())
                .setReceiptCount(v.receiptCount())
                .setReceiptsRoot(Wire.bytes(v.receiptsRoot()))
                .setValidBefore(v.validBefore()))
        .setSignature(Wire.bytes(step.voucher().signature()))
        .addAllReceipts(step.receipts().stream().map(Wire::bytes).toList())
        .setPreviousRoot(Wire.bytes(step.previousRoot()))
        .build();
  }
}
