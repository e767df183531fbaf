package io.dgrid.settlement.chain;

import io.dgrid.contracts.generated.Settlement;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Hex;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.Signature;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.settlement.ledger.PendingCall;
import io.dgrid.settlement.ledger.SignedCall;
import java.math.BigInteger;
import java.util.List;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.Function;
import org.web3j.crypto.RawTransaction;
import org.web3j.crypto.Sign;
import org.web3j.crypto.TransactionEncoder;

/** Calls of the Settlement contract as bytes, and transactions that carry them. Pure. */
final class SettlementCalls {
  private SettlementCalls() {}

  /**
   * Call data of {@code settleBatch}, or of {@code settleVouchers} without a batch, {@code 0x…}.
   */
  static String settle(PendingCall call) {
    var items =
        new DynamicArray<>(
            Settlement.VoucherItem.class,
            call.vouchers().stream().map(SettlementCalls::item).toList());
    Function function =
        call.batch()
            .map(
                header ->
                    new Function(
                        Settlement.FUNC_SETTLEBATCH, List.of(header(header), items), List.of()))
            .orElseGet(
                () -> new Function(Settlement.FUNC_SETTLEVOUCHERS, List.of(items), List.of()));
    return FunctionEncoder.encode(function);
  }

  private static Settlement.BatchHeader header(PendingCall.Header header) {
    return new Settlement.BatchHeader(
        header.receiptsRoot().toBytes(),
        header.dataCommitment().toBytes(),
        BigInteger.valueOf(header.receiptCount()));
  }

  private static Settlement.VoucherItem item(Signed<Voucher> signed) {
    Voucher v = signed.statement();
    Signature s = signed.signature();
    return new Settlement.VoucherItem(
        new Settlement.Voucher(
            v.client().toString(),
            v.node().toString(),
            unsigned(v.channelEpoch()),
            v.cumulativeAmount().units(),
            unsigned(v.receiptCount()),
            v.receiptsRoot().toBytes(),
            unsigned(v.validBefore())),
        s.r().toBytes(),
        s.s().toBytes(),
        BigInteger.valueOf(s.v()));
  }

  /** An EIP-1559 transaction to {@code contract}, signed. */
  static SignedCall sign(
      Signer signer,
      long chainId,
      Address contract,
      long nonce,
      BigInteger gasLimit,
      FeeRule.Offer fees,
      String data,
      long now) {
    RawTransaction transaction =
        RawTransaction.createTransaction(
            chainId,
            BigInteger.valueOf(nonce),
            gasLimit,
            contract.toString(),
            BigInteger.ZERO,
            data,
            fees.maxPriorityFee(),
            fees.maxFee());
    Hash digest = Keccak.hash(TransactionEncoder.encode(transaction));
    Signature s = signer.sign(digest);
    byte[] raw =
        TransactionEncoder.encode(
            transaction, new Sign.SignatureData((byte) s.v(), s.r().toBytes(), s.s().toBytes()));
    return new SignedCall(nonce, raw, Keccak.hash(raw), fees.maxFee(), fees.maxPriorityFee(), now);
  }

  private static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }

  /** The four bytes that begin an encoded custom error, {@code 0x…}. */
  static String selector(String signature) {
    return Hex.encode(
            Keccak.hash(signature.getBytes(java.nio.charset.StandardCharsets.US_ASCII)).toBytes())
        .substring(0, 10);
  }
}
