package io.dgrid.cli.client;

import static io.dgrid.cli.client.Fixture.CLIENT;
import static io.dgrid.cli.client.Fixture.DOMAIN;
import static io.dgrid.cli.client.Fixture.NODE;
import static io.dgrid.cli.client.Fixture.OTHER_NODE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.cli.chain.ChainFacts.KeyGrant;
import io.dgrid.cli.proof.FakeChain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An edge that shows a channel otherwise than it is. Every confirmation runs in a new {@link
 * Vouchers}, as every {@code dgrid ask} does: only the files remember.
 */
class LyingEdgeTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final SigningKey SESSION_KEY = SigningKey.of(Fixture.hash(200).toBytes());
  private static final TokenAmount CAP = TokenAmount.of(1_000);

  @TempDir Path folder;
  private final FakeAccounts edge = new FakeAccounts(NODE.address());
  private final FakeChain chain =
      new FakeChain(DOMAIN.chainId(), DOMAIN.settlement(), Address.ZERO, Address.ZERO);

  @AfterEach
  void stop() {
    edge.close();
  }

  @Test
  void paidReceiptIsNotConfirmedAgain() {
    IssuedReceipt receipt = receipt();
    confirm(receipt);
    edge.open = List.of(receipt);

    contradicts("RECEIPT_PAID", this::confirmLeftOvers);
  }

  @Test
  void paidReceiptIsNotConfirmedInAnotherEpoch() {
    IssuedReceipt receipt = receipt();
    confirm(receipt);
    edge.open = List.of(receipt);
    edge.newest = Optional.empty();
    edge.epoch = 2;

    contradicts("RECEIPT_PAID", this::confirmLeftOvers);
  }

  @Test
  void voucherThatAnEdgeDeniesIsNotReplacedInAnotherEpoch() {
    IssuedReceipt receipt = receipt();
    edge.refuseNext(new DGridException(ErrorCode.INVALID_REQUEST, "never saw it"));
    assertThatThrownBy(() -> confirm(receipt)).hasMessageContaining("never saw it");
    edge.open = List.of(receipt);
    edge.epoch = 2;

    contradicts("OTHER_EPOCH", this::confirmLeftOvers);
  }

  @Test
  void totalThatAnEdgeTookCannotBeTakenBack() {
    confirm(receipt());
    VoucherStep first = edge.newest.orElseThrow();
    confirm(receipt());

    edge.newest = Optional.of(first);
    contradicts("TOTAL_ROLLED_BACK", () -> confirm(receipt()));
    edge.newest = Optional.empty();
    contradicts("TOTAL_ROLLED_BACK", () -> confirm(receipt()));
  }

  @Test
  void sameTotalOverOtherReceiptsIsRefused() {
    confirm(receipt());
    Voucher own = edge.newest.orElseThrow().voucher().statement();
    Voucher other =
        new Voucher(
            own.client(),
            own.node(),
            own.channelEpoch(),
            own.cumulativeAmount(),
            own.receiptCount(),
            Fixture.hash(77),
            own.validBefore());
    edge.newest =
        Optional.of(new VoucherStep(Signed.by(CLIENT, DOMAIN, other), List.of(), Hash.ZERO));

    contradicts("CHAIN_FORKED", () -> confirm(receipt()));
  }

  @Test
  void oneReceiptTwiceInAListIsRefused() {
    IssuedReceipt receipt = receipt();
    edge.open = List.of(receipt, receipt);

    contradicts("TOKENS_PAID", this::confirmLeftOvers);
  }

  @Test
  void tokensOfAJobArePaidToOneNodeOnly() {
    Fixture job = new Fixture();
    confirm(job.receipt(NODE, 1, 0, 4, FinishReason.STOP));
    IssuedReceipt again = job.receipt(OTHER_NODE, 2, 3, 4, FinishReason.STOP);

    contradicts("TOKENS_PAID", () -> vouchers().confirm(List.of(again)));
  }

  @Test
  void nextRangeOfAJobIsPaid() {
    Fixture job = new Fixture();
    confirm(job.receipt(NODE, 1, 0, 4, FinishReason.INTERRUPTED));
    confirm(job.receipt(NODE, 2, 4, 4, FinishReason.STOP));

    assertThat(edge.submitted).hasSize(2);
  }

  @Test
  void capOfASessionKeyIsEndorsedOnceHoweverOftenTheEdgePays() {
    grant();
    edge.newest = Optional.of(signedByKey(CAP.plus(TokenAmount.ZERO), Hash.ZERO, 1));
    confirm(receipt());
    VoucherStep own = edge.newest.orElseThrow();
    TokenAmount total = own.voucher().statement().cumulativeAmount();
    // The edge settles the client's own voucher, so the key's cap on chain is untouched.
    chain.pay(CLIENT.address(), NODE.address(), 1, total);

    edge.newest =
        Optional.of(
            signedByKey(
                total.plus(TokenAmount.of(1)),
                own.voucher().statement().receiptsRoot(),
                own.voucher().statement().receiptCount() + 1));
    assertThatThrownBy(() -> confirm(receipt()))
        .isInstanceOfSatisfying(
            DGridException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.SPEND_CAP_REACHED);
              assertThat(e.metadata()).containsEntry("contradiction", "KEY_EXHAUSTED");
            });
    assertThat(edge.submitted).hasSize(1);
  }

  @Test
  void retriesOnTopOfAKeysMovingTotalCountOnce() {
    grant();
    edge.newest = Optional.of(signedByKey(TokenAmount.of(600), Hash.ZERO, 1));
    edge.refuseNext(new DGridException(ErrorCode.VOUCHER_STALE, "the key was faster"));

    // 600 twice would be above the cap of 1000.
    confirm(receipt());

    assertThat(edge.submitted).hasSize(2);
    try (ClientMemory.Held held = memory().hold()) {
      assertThat(held.of(NODE.address()).endorsed())
          .isEqualTo(Map.of(SESSION_KEY.address(), TokenAmount.of(600)));
    }
  }

  @Test
  void voucherThatDidNotArriveIsSentAgainAsItWas() {
    IssuedReceipt receipt = receipt();
    for (int i = 0; i < 5; i++) {
      edge.refuseNext(new DGridException(ErrorCode.UNAVAILABLE, "going down"));
    }
    assertThatThrownBy(() -> confirm(receipt)).hasMessageContaining("going down");
    edge.open = List.of(receipt);

    assertThat(confirmLeftOvers()).isEqualTo(1);

    assertThat(edge.submitted).hasSize(6).containsOnly(edge.submitted.getFirst());
  }

  @Test
  void voucherThatArrivedWithoutAnAnswerIsNotSignedAgain() {
    IssuedReceipt receipt = receipt();
    edge.refuseNext(new DGridException(ErrorCode.INTERNAL, "lost the answer"));
    assertThatThrownBy(() -> confirm(receipt)).hasMessageContaining("lost the answer");
    edge.newest = Optional.of(edge.submitted.getFirst());

    confirm(receipt);
    assertThat(edge.submitted).hasSize(1);
    edge.open = List.of(receipt);
    contradicts("RECEIPT_PAID", this::confirmLeftOvers);
  }

  @Test
  void ownVoucherOfAnotherDeviceIsFollowed() {
    IssuedReceipt elsewhere = receipt();
    vouchers(ClientMemory.ofProcess()).confirm(List.of(elsewhere));
    TokenAmount before = edge.newest.orElseThrow().voucher().statement().cumulativeAmount();
    IssuedReceipt here = receipt();

    confirm(here);

    assertThat(edge.newest.orElseThrow().voucher().statement().cumulativeAmount())
        .isEqualTo(before.plus(here.receipt().statement().amount()));
  }

  private void grant() {
    chain.grant = Optional.of(new KeyGrant(true, false, CAP, NOW + 1));
  }

  private static VoucherStep signedByKey(TokenAmount total, Hash previous, long count) {
    Hash root = Fixture.hash(50);
    Voucher voucher = new Voucher(CLIENT.address(), NODE.address(), 1, total, count, root, NOW + 5);
    return new VoucherStep(Signed.by(SESSION_KEY, DOMAIN, voucher), List.of(), previous);
  }

  private static IssuedReceipt receipt() {
    return new Fixture().receipt(NODE, 1, 0, 4, FinishReason.STOP);
  }

  private void confirm(IssuedReceipt receipt) {
    vouchers().confirm(List.of(receipt));
  }

  private int confirmLeftOvers() {
    return vouchers().confirmLeftOvers();
  }

  private Vouchers vouchers() {
    return vouchers(memory());
  }

  private MemoryFolder memory() {
    return new MemoryFolder(folder, DOMAIN, CLIENT.address(), Duration.ofSeconds(5));
  }

  private Vouchers vouchers(ClientMemory memory) {
    Network network =
        new Network(
            DOMAIN,
            Map.of(Network.SETTLEMENT, DOMAIN.settlement()),
            SESSION_KEY.address(),
            Address.ZERO,
            0);
    return new Vouchers(
        edge.client(),
        network,
        CLIENT,
        InstantSource.fixed(Instant.ofEpochMilli(NOW)),
        Optional.of(chain),
        memory);
  }

  private void contradicts(String what, ThrowingCallable confirmation) {
    int before = edge.submitted.size();
    assertThatThrownBy(confirmation)
        .isInstanceOfSatisfying(
            DGridException.class,
            e -> {
              assertThat(e.metadata()).containsEntry("contradiction", what);
              assertThat(e.retryable()).isFalse();
            });
    assertThat(edge.submitted).as("nothing was signed").hasSize(before);
  }
}
