package io.dgrid.settlement.batch;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.Voucher;
import java.math.BigInteger;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Whether a voucher extends its channel by exactly the receipts it names: it joins the hash chain,
 * its root is the chain over them, its total grows by their sum and its count by their number. Who
 * signed it is checked before.
 */
public final class VoucherRule {
  private VoucherRule() {}

  /** A receipt as far as vouchers care. */
  public record Payable(Address client, Address node, TokenAmount amount, boolean covered) {}

  /** What becomes of the voucher. */
  public sealed interface Decision {
    /** The channel stands at {@code next}; the named receipts are covered now. */
    record Accept(ChannelState next) implements Decision {}

    /** Something it builds on has not arrived yet. */
    record Wait(Missing missing) implements Decision {}

    /** It can never become good. */
    record Reject(Flaw flaw) implements Decision {}
  }

  /** What a voucher waits for. */
  public enum Missing {
    PREDECESSOR,
    RECEIPTS
  }

  /** Why a voucher is refused for good; names are metric tags. */
  public enum Flaw {
    /** It covers nothing new. */
    EMPTY,
    /** Root, count or total do not follow from the receipts it names. */
    CHAIN,
    AMOUNT,
    /** The channel is already beyond the place it joins. */
    STALE,
    /** It names a receipt of somebody else. */
    FOREIGN_RECEIPT,
    /** It names a receipt that another voucher covers. */
    COVERED_TWICE
  }

  /**
   * @param known the receipts among {@code named} that have arrived
   */
  public static Decision decide(
      Voucher voucher,
      List<ReceiptHash> named,
      Hash previousRoot,
      ChannelState channel,
      Map<ReceiptHash, Payable> known) {
    if (named.isEmpty()) {
      return new Decision.Reject(Flaw.EMPTY);
    }
    Hash root = previousRoot;
    for (ReceiptHash receipt : named) {
      root = Voucher.extend(root, receipt);
    }
    if (!root.equals(voucher.receiptsRoot())) {
      return new Decision.Reject(Flaw.CHAIN);
    }
    // Counts are unsigned on the wire; a channel never comes near 2^63 receipts.
    if (voucher.receiptCount() < named.size()) {
      return new Decision.Reject(Flaw.CHAIN);
    }
    long before = voucher.receiptCount() - named.size();
    if (before < channel.receiptCount()) {
      return new Decision.Reject(Flaw.STALE);
    }
    if (before > channel.receiptCount()) {
      return new Decision.Wait(Missing.PREDECESSOR);
    }
    if (!previousRoot.equals(channel.receiptsRoot())) {
      return new Decision.Reject(Flaw.CHAIN);
    }
    return sum(voucher, named, channel, known);
  }

  private static Decision sum(
      Voucher voucher,
      List<ReceiptHash> named,
      ChannelState channel,
      Map<ReceiptHash, Payable> known) {
    BigInteger total = channel.cumulative().units();
    var seen = new HashSet<ReceiptHash>();
    boolean missing = false;
    for (ReceiptHash hash : named) {
      Payable receipt = known.get(hash);
      if (receipt == null) {
        missing = true;
        continue;
      }
      if (!receipt.client().equals(voucher.client()) || !receipt.node().equals(voucher.node())) {
        return new Decision.Reject(Flaw.FOREIGN_RECEIPT);
      }
      if (receipt.covered() || !seen.add(hash)) {
        return new Decision.Reject(Flaw.COVERED_TWICE);
      }
      total = total.add(receipt.amount().units());
    }
    if (missing) {
      return new Decision.Wait(Missing.RECEIPTS);
    }
    if (!total.equals(voucher.cumulativeAmount().units())) {
      return new Decision.Reject(Flaw.AMOUNT);
    }
    return new Decision.Accept(
        new ChannelState(
            voucher.cumulativeAmount(), voucher.receiptCount(), voucher.receiptsRoot()));
  }
}
