package io.dgrid.core.merkle;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MerkleTreePropertyTest {
  private static final long SEED = 20_261_123;

  @Test
  void everyLeafOfEverySizeProvesItselfAndNothingElse() {
    Random random = new Random(SEED);
    for (int size = 1; size <= 70; size++) {
      List<ReceiptHash> receipts = receipts(random, size);
      MerkleTree tree = MerkleTree.overReceipts(receipts);
      for (int i = 0; i < size; i++) {
        List<Hash> proof = tree.proof(i);
        Hash leaf = MerkleTree.leaf(receipts.get(i));
        assertThat(MerkleTree.verify(tree.root(), leaf, proof)).as("size %d", size).isTrue();

        Hash other = MerkleTree.leaf(receipts(random, 1).getFirst());
        assertThat(MerkleTree.verify(tree.root(), other, proof)).isFalse();
        for (int level = 0; level < proof.size(); level++) {
          List<Hash> bent = new ArrayList<>(proof);
          Hash s = bent.get(level);
          bent.set(level, new Hash(s.a() ^ 1, s.b(), s.c(), s.d()));
          assertThat(MerkleTree.verify(tree.root(), leaf, bent)).isFalse();
        }
      }
    }
  }

  @Test
  void innerNodesCannotPoseAsReceipts() {
    Random random = new Random(SEED);
    List<ReceiptHash> receipts = receipts(random, 4);
    MerkleTree tree = MerkleTree.overReceipts(receipts);
    Hash inner =
        MerkleTree.node(MerkleTree.leaf(receipts.get(0)), MerkleTree.leaf(receipts.get(1)));
    List<Hash> rest = tree.proof(0).subList(1, 2);
    assertThat(MerkleTree.verify(tree.root(), inner, rest)).isTrue();
    assertThat(MerkleTree.verify(tree.root(), MerkleTree.leaf(new ReceiptHash(inner)), rest))
        .isFalse();
  }

  @Test
  void orderAndContentChangeTheRoot() {
    List<ReceiptHash> receipts = receipts(new Random(SEED), 8);
    Hash root = MerkleTree.overReceipts(receipts).root();
    List<ReceiptHash> swapped = new ArrayList<>(receipts);
    swapped.set(0, receipts.get(2));
    swapped.set(2, receipts.get(0));
    assertThat(MerkleTree.overReceipts(swapped).root()).isNotEqualTo(root);
    assertThat(MerkleTree.overReceipts(receipts.subList(0, 7)).root()).isNotEqualTo(root);
  }

  private static List<ReceiptHash> receipts(Random random, int count) {
    return Stream.generate(
            () ->
                new ReceiptHash(
                    new Hash(
                        random.nextLong(),
                        random.nextLong(),
                        random.nextLong(),
                        random.nextLong())))
        .limit(count)
        .toList();
  }
}
