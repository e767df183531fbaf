package io.dgrid.settlement.intake;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.settlement.batch.Channel;
import io.dgrid.settlement.batch.ChannelState;
import io.dgrid.settlement.batch.VoucherRule.Payable;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * A page of vouchers with all that their decisions need, moved forward by each decision. Pure: what
 * comes out is written afterwards. Not safe for threads.
 */
final class VoucherPage {
  private final Set<Channel> known;
  private final Map<Channel, ChannelState> channels;
  private final Map<ReceiptHash, Payable> receipts;
  private final Set<Grant> grants;
  private final Map<Channel, Move> moves = new LinkedHashMap<>();
  private final Map<ReceiptHash, Hash> covered = new LinkedHashMap<>();

  VoucherPage(
      Map<Channel, ChannelState> channels, Map<ReceiptHash, Payable> receipts, Set<Grant> grants) {
    this.known = Set.copyOf(channels.keySet());
    this.channels = new HashMap<>(channels);
    this.receipts = new HashMap<>(receipts);
    this.grants = Set.copyOf(grants);
  }

  /** A key that may sign vouchers for a client. */
  record Grant(Address client, Address key) {
    static Grant of(WaitingVoucher voucher) {
      return new Grant(voucher.voucher().client(), voucher.signer());
    }
  }

  /** What one decision needs to know. */
  record Known(ChannelState channel, Map<ReceiptHash, Payable> receipts, boolean maySign) {}

  /** What comes of a voucher after one look. */
  sealed interface Verdict {
    record Accepted(ChannelState next) implements Verdict {}

    record Rejected(String reason) implements Verdict {}

    record Waiting(String reason) implements Verdict {}

    /** As the database has it. */
    default String state() {
      return switch (this) {
        case Accepted ignored -> "ACCEPTED";
        case Rejected ignored -> "REJECTED";
        case Waiting ignored -> "WAITING";
      };
    }

    /** Empty for an accepted one; else a metric tag. */
    default String reason() {
      return switch (this) {
        case Accepted ignored -> "";
        case Rejected(var why) -> why;
        case Waiting(var why) -> why;
      };
    }
  }

  record Judged(WaitingVoucher voucher, Verdict verdict) {}

  /** Where a channel stands after the page, and by which voucher. */
  record Move(ChannelState state, Hash newest) {}

  Judged judge(WaitingVoucher voucher, BiFunction<WaitingVoucher, Known, Verdict> judge) {
    Verdict verdict = judge.apply(voucher, known(voucher));
    if (verdict instanceof Verdict.Accepted(var next)) {
      channels.put(voucher.channel(), next);
      moves.put(voucher.channel(), new Move(next, voucher.id()));
      for (ReceiptHash receipt : voucher.step().receipts()) {
        covered.put(receipt, voucher.id());
        receipts.computeIfPresent(
            receipt, (hash, p) -> new Payable(p.client(), p.node(), p.amount(), true));
      }
    }
    return new Judged(voucher, verdict);
  }

  private Known known(WaitingVoucher voucher) {
    Map<ReceiptHash, Payable> named = new HashMap<>();
    for (ReceiptHash hash : voucher.step().receipts()) {
      Payable receipt = receipts.get(hash);
      if (receipt != null) {
        named.put(hash, receipt);
      }
    }
    boolean maySign =
        voucher.signer().equals(voucher.voucher().client()) || grants.contains(Grant.of(voucher));
    return new Known(channels.getOrDefault(voucher.channel(), ChannelState.EMPTY), named, maySign);
  }

  /** Channels that did not exist before. */
  Map<Channel, Move> opened() {
    return moves(false);
  }

  Map<Channel, Move> extended() {
    return moves(true);
  }

  private Map<Channel, Move> moves(boolean existed) {
    return moves.entrySet().stream()
        .filter(e -> known.contains(e.getKey()) == existed)
        .collect(
            Collectors.toMap(
                Map.Entry::getKey, Map.Entry::getValue, (a, b) -> b, LinkedHashMap::new));
  }

  /** Each receipt with the voucher that covers it. */
  Map<ReceiptHash, Hash> covered() {
    return covered;
  }
}
