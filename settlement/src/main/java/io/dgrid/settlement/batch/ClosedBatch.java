package io.dgrid.settlement.batch;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.merkle.MerkleTree;
import io.dgrid.core.money.TokenAmount;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Receipts in their final order with the root and the bytes that commit to them, and the vouchers
 * that go to the chain with them.
 */
public record ClosedBatch(
    List<OpenReceipt> receipts,
    List<DueVoucher> vouchers,
    Hash receiptsRoot,
    Segment segment,
    TokenAmount amount) {
  /** What one call of the contract takes. */
  public static final int MAX_VOUCHERS = 200;

  /**
   * Orders receipts by arrival and computes what commits to them.
   *
   * @throws IllegalArgumentException for no receipt, a receipt or channel named twice, or too many
   *     vouchers: these are bugs of the caller, never data
   */
  public static ClosedBatch of(List<OpenReceipt> open, List<DueVoucher> vouchers) {
    if (vouchers.size() > MAX_VOUCHERS) {
      throw new IllegalArgumentException(vouchers.size() + " vouchers do not fit into one call");
    }
    requireDistinct(open.stream().map(OpenReceipt::hash).toList(), "receipt");
    requireDistinct(vouchers.stream().map(DueVoucher::channel).toList(), "channel");
    List<OpenReceipt> ordered =
        open.stream().sorted(Comparator.comparingLong(OpenReceipt::sequence)).toList();
    MerkleTree tree = MerkleTree.overReceipts(ordered.stream().map(OpenReceipt::hash).toList());
    Segment segment = Segment.of(ordered.stream().map(OpenReceipt::receipt).toList());
    TokenAmount amount =
        ordered.stream()
            .map(r -> r.receipt().statement().amount())
            .reduce(TokenAmount.ZERO, TokenAmount::plus);
    return new ClosedBatch(ordered, List.copyOf(vouchers), tree.root(), segment, amount);
  }

  private static <T> void requireDistinct(List<T> values, String what) {
    Set<T> seen = new HashSet<>();
    for (T value : values) {
      if (!seen.add(value)) {
        throw new IllegalArgumentException(what + " twice in a batch: " + value);
      }
    }
  }
}
