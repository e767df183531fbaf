package io.dgrid.settlement.intake;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.settlement.Parties;
import io.dgrid.settlement.batch.ChannelState;
import io.dgrid.settlement.batch.VoucherRule;
import io.dgrid.settlement.batch.VoucherRule.Decision;
import io.dgrid.settlement.batch.VoucherRule.Payable;
import io.dgrid.settlement.intake.VoucherPage.Grant;
import io.dgrid.settlement.intake.VoucherPage.Known;
import io.dgrid.settlement.intake.VoucherPage.Verdict;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A page decides as if each of its vouchers were alone, one after the other. */
class VoucherPageTest {
  private static final Domain DOMAIN = new Domain(31337, Address.fromHex("5e".repeat(20)));

  private final Parties parties = new Parties(DOMAIN);
  private final Map<ReceiptHash, Payable> receipts = new HashMap<>();

  @Test
  void successorInTheSamePageBuildsOnItsPredecessor() {
    WaitingVoucher first = voucher(receipt(), receipt());
    WaitingVoucher second = voucher(receipt());
    VoucherPage page = page();

    assertThat(judge(page, first)).isInstanceOf(Verdict.Accepted.class);
    assertThat(judge(page, second)).isInstanceOf(Verdict.Accepted.class);

    assertThat(page.extended()).isEmpty();
    assertThat(page.opened())
        .as("one move for the channel, to its end")
        .hasSize(1)
        .hasEntrySatisfying(
            second.channel(),
            move -> {
              assertThat(move.newest()).isEqualTo(second.id());
              assertThat(move.state().receiptCount()).isEqualTo(3);
            });
    assertThat(page.covered()).hasSize(3);
    assertThat(page.covered().get(second.step().receipts().getFirst())).isEqualTo(second.id());
  }

  @Test
  void successorBeforeItsPredecessorWaits() {
    WaitingVoucher first = voucher(receipt());
    WaitingVoucher second = voucher(receipt());
    VoucherPage page = page();

    assertThat(judge(page, second)).isInstanceOf(Verdict.Waiting.class);
    assertThat(judge(page, first)).isInstanceOf(Verdict.Accepted.class);
    assertThat(page.covered()).hasSize(1);
  }

  @Test
  void sameReceiptIsCoveredOnceInAPage() {
    IssuedReceipt receipt = receipt();
    WaitingVoucher first = voucher(receipt);
    WaitingVoucher again = voucher(receipt);
    VoucherPage page = page();

    judge(page, first);

    assertThat(judge(page, again)).isEqualTo(new Verdict.Rejected("COVERED_TWICE"));
    assertThat(page.covered()).containsOnlyKeys(first.step().receipts().getFirst());
  }

  @Test
  void knownChannelIsExtendedAndNotOpened() {
    WaitingVoucher first = voucher(receipt());
    VoucherPage page =
        new VoucherPage(Map.of(first.channel(), ChannelState.EMPTY), receipts, Set.of());
    judge(page, first);
    assertThat(page.opened()).isEmpty();
    assertThat(page.extended()).containsOnlyKeys(first.channel());
  }

  @Test
  void grantOfAnotherClientLetsNobodySign() {
    SigningKey key = SigningKey.random();
    IssuedReceipt receipt = receipt();
    WaitingVoucher byKey = waiting(parties.voucher(key, List.of(receipt)), key);
    Grant own = new Grant(parties.client.address(), key.address());
    Grant foreign = new Grant(parties.node.address(), key.address());

    assertThat(judge(new VoucherPage(Map.of(), receipts, Set.of(foreign)), byKey))
        .isInstanceOf(Verdict.Waiting.class);
    assertThat(judge(new VoucherPage(Map.of(), receipts, Set.of(own)), byKey))
        .isInstanceOf(Verdict.Accepted.class);
  }

  private static Verdict judge(VoucherPage page, WaitingVoucher voucher) {
    return page.judge(voucher, VoucherPageTest::decide).verdict();
  }

  private static Verdict decide(WaitingVoucher voucher, Known known) {
    Decision decision =
        VoucherRule.decide(
            voucher.voucher(),
            voucher.step().receipts(),
            voucher.step().previousRoot(),
            known.channel(),
            known.receipts());
    return switch (decision) {
      case Decision.Reject(var flaw) -> new Verdict.Rejected(flaw.name());
      case Decision.Wait(var missing) -> new Verdict.Waiting(missing.name());
      case Decision.Accept(var next) ->
          known.maySign() ? new Verdict.Accepted(next) : new Verdict.Waiting("grant");
    };
  }

  private VoucherPage page() {
    return new VoucherPage(Map.of(), receipts, Set.of());
  }

  private IssuedReceipt receipt() {
    IssuedReceipt issued = parties.receipt();
    Receipt receipt = issued.receipt().statement();
    receipts.put(
        receipt.hash(DOMAIN),
        new Payable(receipt.client(), receipt.node(), receipt.amount(), false));
    return issued;
  }

  private WaitingVoucher voucher(IssuedReceipt... named) {
    return waiting(parties.voucher(List.of(named)), parties.client);
  }

  private static WaitingVoucher waiting(VoucherStep step, SigningKey signer) {
    return WaitingVoucher.of(step, signer.address(), DOMAIN, 1);
  }
}
