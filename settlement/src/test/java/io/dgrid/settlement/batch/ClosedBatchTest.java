package io.dgrid.settlement.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.merkle.MerkleTree;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.settlement.Parties;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClosedBatchTest {
  private static final Domain DOMAIN = new Domain(31337, new Address(1, 2, 3));

  private final Parties parties = new Parties(DOMAIN);

  @Test
  void segmentIsHeaderThenWordsAndSignatureOfEachReceipt() {
    OpenReceipt receipt = open(1);
    byte[] bytes = ClosedBatch.of(List.of(receipt), List.of()).segment().bytes();

    ByteBuffer in = ByteBuffer.wrap(bytes);
    byte[] magic = new byte[6];
    in.get(magic);
    assertThat(new String(magic, StandardCharsets.US_ASCII)).isEqualTo("DGSEG1");
    assertThat(in.getInt()).isEqualTo(1);
    byte[] words = new byte[512];
    in.get(words);
    assertThat(words).isEqualTo(receipt.receipt().statement().words());
    byte[] signature = new byte[65];
    in.get(signature);
    assertThat(signature).isEqualTo(receipt.receipt().signature().toBytes());
    assertThat(in.remaining()).isZero();
  }

  @Test
  void orderIsThatOfArrivalWhateverOrderTheDatabaseAnswersIn() {
    OpenReceipt first = open(1);
    OpenReceipt second = open(2);

    ClosedBatch batch = ClosedBatch.of(List.of(second, first), List.of());

    assertThat(batch.receipts()).containsExactly(first, second);
    assertThat(batch.segment().commitment()).isEqualTo(Keccak.hash(batch.segment().bytes()));
    MerkleTree tree = MerkleTree.overReceipts(List.of(first.hash(), second.hash()));
    assertThat(batch.receiptsRoot()).isEqualTo(tree.root());
    assertThat(batch.amount())
        .isEqualTo(
            first.receipt().statement().amount().plus(second.receipt().statement().amount()));
  }

  @Test
  void everyReceiptHasAProofAndNoOtherHas() {
    List<OpenReceipt> receipts = IntStream.rangeClosed(1, 7).mapToObj(this::open).toList();
    ClosedBatch batch = ClosedBatch.of(receipts, List.of());
    MerkleTree tree = MerkleTree.overReceipts(receipts.stream().map(OpenReceipt::hash).toList());

    for (int i = 0; i < receipts.size(); i++) {
      Hash leaf = MerkleTree.leaf(receipts.get(i).hash());
      assertThat(MerkleTree.verify(batch.receiptsRoot(), leaf, tree.proof(i))).isTrue();
      Hash stranger = MerkleTree.leaf(open(99).hash());
      assertThat(MerkleTree.verify(batch.receiptsRoot(), stranger, tree.proof(i))).isFalse();
    }
  }

  @Test
  void sameReceiptTwiceIsABug() {
    OpenReceipt receipt = open(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClosedBatch.of(List.of(receipt, receipt), List.of()));
  }

  @Test
  void moreVouchersThanOneCallTakesAreABug() {
    DueVoucher[] vouchers = new DueVoucher[ClosedBatch.MAX_VOUCHERS + 1];
    Arrays.setAll(
        vouchers,
        i ->
            new DueVoucher(
                new Channel(parties.client.address(), parties.node.address(), i),
                Parties.hash(i),
                TokenAmount.of(1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClosedBatch.of(List.of(open(1)), List.of(vouchers)));
  }

  @Test
  void batchClosesWhenFullOrOld() {
    ClosingRule rule = new ClosingRule(3, Duration.ofSeconds(10));
    Instant now = Instant.ofEpochMilli(100_000);

    assertThat(rule.closes(0, Long.MAX_VALUE, now)).isFalse();
    assertThat(rule.closes(2, 90_001, now)).isFalse();
    assertThat(rule.closes(2, 90_000, now)).isTrue();
    assertThat(rule.closes(3, 100_000, now)).isTrue();
  }

  @Test
  void sizeOfABatchIsBounded() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ClosingRule(0, Duration.ZERO))
        .withMessageContaining("max-receipts");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ClosingRule(ClosingRule.LIMIT + 1, Duration.ZERO));
  }

  private OpenReceipt open(long sequence) {
    IssuedReceipt issued = parties.receipt();
    Signed<Receipt> receipt = issued.receipt();
    return new OpenReceipt(sequence, receipt.statement().hash(DOMAIN), receipt, 0);
  }
}
