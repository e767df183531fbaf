package io.dgrid.core.merkle;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.ReceiptHash;
import java.util.ArrayList;
import java.util.List;

/**
 * A binary tree over at least one leaf hash. Pairs are hashed in ascending order, as OpenZeppelin's
 * {@code MerkleProof} checks them; an odd node moves up unchanged. Leaves of batches are hashes of
 * 33 bytes and inner nodes of 64, so that neither can pose as the other.
 */
public final class MerkleTree {
  private static final byte[] LEAF = {0};

  private final List<Hash[]> levels = new ArrayList<>();

  private MerkleTree(Hash[] leaves) {
    if (leaves.length == 0) {
      throw new IllegalArgumentException("a tree needs a leaf");
    }
    Hash[] level = leaves;
    levels.add(level);
    while (level.length > 1) {
      Hash[] above = new Hash[(level.length + 1) / 2];
      for (int i = 0; i < above.length; i++) {
        above[i] = 2 * i + 1 < level.length ? node(level[2 * i], level[2 * i + 1]) : level[2 * i];
      }
      levels.add(above);
      level = above;
    }
  }

  /** Over hashes that are leaves already. */
  public static MerkleTree over(List<Hash> leaves) {
    return new MerkleTree(leaves.toArray(Hash[]::new));
  }

  /** Over a batch's receipts in their order. */
  public static MerkleTree overReceipts(List<ReceiptHash> receipts) {
    return new MerkleTree(receipts.stream().map(MerkleTree::leaf).toArray(Hash[]::new));
  }

  /** {@code keccak(0x00 ‖ receiptHash)}. */
  public static Hash leaf(ReceiptHash receipt) {
    return Keccak.hash(LEAF, receipt.toBytes());
  }

  static Hash node(Hash left, Hash right) {
    return left.compareTo(right) <= 0
        ? Keccak.hash(left.toBytes(), right.toBytes())
        : Keccak.hash(right.toBytes(), left.toBytes());
  }

  public Hash root() {
    return levels.getLast()[0];
  }

  public int size() {
    return levels.getFirst().length;
  }

  /** Siblings of a leaf from the bottom up. */
  public List<Hash> proof(int index) {
    List<Hash> siblings = new ArrayList<>();
    int at = index;
    for (Hash[] level : levels.subList(0, levels.size() - 1)) {
      int sibling = at ^ 1;
      if (sibling < level.length) {
        siblings.add(level[sibling]);
      }
      at /= 2;
    }
    return siblings;
  }

  /** Whether the siblings lead from the leaf to the root. */
  public static boolean verify(Hash root, Hash leaf, List<Hash> siblings) {
    Hash at = leaf;
    for (Hash sibling : siblings) {
      at = node(at, sibling);
    }
    return at.equals(root);
  }
}
