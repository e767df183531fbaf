package io.dgrid.settlement.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.settlement.Parties;
import io.dgrid.settlement.batch.VoucherRule.Decision;
import io.dgrid.settlement.batch.VoucherRule.Flaw;
import io.dgrid.settlement.batch.VoucherRule.Missing;
import io.dgrid.settlement.batch.VoucherRule.Payable;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VoucherRuleTest {
  private static final Domain DOMAIN = new Domain(31337, new Address(1, 2, 3));

  private final Parties parties = new Parties(DOMAIN);
  private final Map<ReceiptHash, Payable> known = new HashMap<>();

  @Test
  void voucherOverItsReceiptsMovesTheChannel() {
    VoucherStep step = parties.voucher(List.of(arrived(), arrived()));

    assertThat(decide(step, ChannelState.EMPTY)).isEqualTo(new Decision.Accept(after(step)));
  }

  @Test
  void voucherBeforeItsReceiptsWaits() {
    VoucherStep step = parties.voucher(List.of(arrived(), parties.receipt()));

    assertThat(decide(step, ChannelState.EMPTY)).isEqualTo(new Decision.Wait(Missing.RECEIPTS));
  }

  @Test
  void voucherBeforeItsPredecessorWaits() {
    VoucherStep first = parties.voucher(List.of(arrived()));
    VoucherStep second = parties.voucher(List.of(arrived()));

    assertThat(decide(second, ChannelState.EMPTY))
        .isEqualTo(new Decision.Wait(Missing.PREDECESSOR));
    assertThat(decide(second, after(first))).isInstanceOf(Decision.Accept.class);
  }

  @Test
  void secondVoucherForTheSamePlaceIsStale() {
    VoucherStep step = parties.voucher(List.of(arrived()));

    assertThat(decide(step, after(step))).isEqualTo(new Decision.Reject(Flaw.STALE));
  }

  @Test
  void amountMustBeTheSumOfTheReceipts() {
    VoucherStep step = parties.voucher(List.of(arrived()));
    Voucher good = step.voucher().statement();
    Voucher greedy =
        new Voucher(
            good.client(),
            good.node(),
            good.channelEpoch(),
            good.cumulativeAmount().plus(TokenAmount.of(1)),
            good.receiptCount(),
            good.receiptsRoot(),
            good.validBefore());

    assertThat(decide(greedy, step, ChannelState.EMPTY))
        .isEqualTo(new Decision.Reject(Flaw.AMOUNT));
  }

  @Test
  void countMustBeTheNumberOfReceipts() {
    VoucherStep step = parties.voucher(List.of(arrived()));
    Voucher good = step.voucher().statement();
    Voucher miscounted =
        new Voucher(
            good.client(),
            good.node(),
            good.channelEpoch(),
            good.cumulativeAmount(),
            0,
            good.receiptsRoot(),
            good.validBefore());

    assertThat(decide(miscounted, step, ChannelState.EMPTY))
        .isEqualTo(new Decision.Reject(Flaw.CHAIN));
  }

  @Test
  void rootMustBeTheChainOverTheReceipts() {
    VoucherStep step = parties.voucher(List.of(arrived()));
    VoucherStep other =
        new VoucherStep(step.voucher(), List.of(parties.hash(arrived())), step.previousRoot());

    assertThat(decide(other, ChannelState.EMPTY)).isEqualTo(new Decision.Reject(Flaw.CHAIN));
  }

  @Test
  void receiptsOfAnotherNodeCannotBePaidToThisOne() {
    IssuedReceipt foreign = new Parties(DOMAIN).receipt();
    arrive(foreign, false);
    VoucherStep step = parties.voucher(List.of(foreign));

    assertThat(decide(step, ChannelState.EMPTY))
        .isEqualTo(new Decision.Reject(Flaw.FOREIGN_RECEIPT));
  }

  @Test
  void receiptIsNeverPaidTwice() {
    IssuedReceipt receipt = arrived();
    VoucherStep twice = parties.voucher(List.of(receipt, receipt));
    assertThat(decide(twice, ChannelState.EMPTY))
        .isEqualTo(new Decision.Reject(Flaw.COVERED_TWICE));

    Parties others = new Parties(DOMAIN);
    IssuedReceipt paid = others.receipt();
    arrive(paid, true);
    assertThat(decide(others.voucher(List.of(paid)), ChannelState.EMPTY))
        .isEqualTo(new Decision.Reject(Flaw.COVERED_TWICE));
  }

  @Test
  void voucherOverNothingIsRefused() {
    assertThat(decide(parties.voucher(List.of()), ChannelState.EMPTY))
        .isEqualTo(new Decision.Reject(Flaw.EMPTY));
  }

  private IssuedReceipt arrived() {
    IssuedReceipt receipt = parties.receipt();
    arrive(receipt, false);
    return receipt;
  }

  private void arrive(IssuedReceipt receipt, boolean covered) {
    var statement = receipt.receipt().statement();
    known.put(
        statement.hash(DOMAIN),
        new Payable(statement.client(), statement.node(), statement.amount(), covered));
  }

  private Decision decide(VoucherStep step, ChannelState channel) {
    return decide(step.voucher().statement(), step, channel);
  }

  private Decision decide(Voucher voucher, VoucherStep step, ChannelState channel) {
    Hash previous = step.previousRoot();
    return VoucherRule.decide(voucher, step.receipts(), previous, channel, known);
  }

  private static ChannelState after(VoucherStep step) {
    Voucher voucher = step.voucher().statement();
    return new ChannelState(
        voucher.cumulativeAmount(), voucher.receiptCount(), voucher.receiptsRoot());
  }
}
