package io.dgrid.cli.client;

import static io.dgrid.cli.client.Fixture.CLIENT;
import static io.dgrid.cli.client.Fixture.DOMAIN;
import static io.dgrid.cli.client.Fixture.NODE;
import static io.dgrid.cli.client.Fixture.OTHER_NODE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VoucherRulesTest {
  private final Receipt first =
      new Fixture().receipt(NODE, 1, 0, 4, FinishReason.STOP).receipt().statement();
  private final Receipt second =
      new Fixture().receipt(NODE, 1, 0, 5, FinishReason.STOP).receipt().statement();

  @Test
  void firstVoucherStartsTheChain() {
    VoucherStep step = next(Optional.empty(), first);
    Voucher voucher = step.voucher().statement();
    assertThat(voucher.cumulativeAmount()).isEqualTo(first.amount());
    assertThat(voucher.receiptCount()).isEqualTo(1);
    assertThat(voucher.receiptsRoot()).isEqualTo(Voucher.extend(Hash.ZERO, first.hash(DOMAIN)));
    assertThat(step.previousRoot()).isEqualTo(Hash.ZERO);
    assertThat(step.voucher().isBy(CLIENT.address(), DOMAIN)).isTrue();
  }

  @Test
  void laterVoucherAddsToTheNewest() {
    VoucherStep before = next(Optional.empty(), first);
    VoucherStep after = next(Optional.of(before), second);
    assertThat(after.voucher().statement().cumulativeAmount())
        .isEqualTo(first.amount().plus(second.amount()));
    assertThat(after.voucher().statement().receiptCount()).isEqualTo(2);
    assertThat(after.previousRoot()).isEqualTo(before.voucher().statement().receiptsRoot());
    assertThat(after.receipts()).containsExactly(second.hash(DOMAIN));
    VoucherStep both = next(Optional.empty(), first, second);
    assertThat(both.voucher().statement()).isEqualTo(after.voucher().statement());
  }

  @Test
  void nothingIsSignedOnTopOfAVoucherThatTheClientDidNotSign() {
    Voucher inflated =
        new Voucher(
            CLIENT.address(), NODE.address(), 1, TokenAmount.tokens(1_000), 1, Hash.ZERO, 5);
    for (SigningKey signer : List.of(NODE, OTHER_NODE)) {
      refused(new VoucherStep(Signed.by(signer, DOMAIN, inflated), List.of(), Hash.ZERO));
    }
    Voucher ofAnotherNode =
        new Voucher(CLIENT.address(), OTHER_NODE.address(), 1, TokenAmount.ZERO, 1, Hash.ZERO, 5);
    refused(new VoucherStep(Signed.by(CLIENT, DOMAIN, ofAnotherNode), List.of(), Hash.ZERO));
    Voucher ofAnotherEpoch =
        new Voucher(CLIENT.address(), NODE.address(), 2, TokenAmount.ZERO, 1, Hash.ZERO, 5);
    refused(new VoucherStep(Signed.by(CLIENT, DOMAIN, ofAnotherEpoch), List.of(), Hash.ZERO));
  }

  @Test
  void whatASessionKeySignedIsExtendedUpToItsCap() {
    VoucherStep ofKey = signedByKey(500);
    assertThat(
            next(Optional.of(ofKey), allowance(OTHER_NODE, 200, 300), first)
                .voucher()
                .statement()
                .cumulativeAmount())
        .isEqualTo(TokenAmount.of(500).plus(first.amount()));
    // Everything is paid already: nothing new is granted by signing on top.
    assertThat(next(Optional.of(ofKey), allowance(OTHER_NODE, 500, 0), first).voucher().statement())
        .isNotNull();
  }

  @Test
  void inflatedTotalOfASessionKeyIsNotMadeTheClientsOwn() {
    assertThatThrownBy(
            () -> next(Optional.of(signedByKey(501)), allowance(OTHER_NODE, 200, 300), first))
        .isInstanceOfSatisfying(
            DGridException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SPEND_CAP_REACHED));
  }

  @Test
  void allowanceOfOneKeyCoversNoOther() {
    assertThatThrownBy(() -> next(Optional.of(signedByKey(1)), allowance(NODE, 200, 300), first))
        .isInstanceOfSatisfying(
            DGridException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_SIGNATURE));
  }

  @Test
  void receiptsOfOtherChannelsAreAMistakeOfTheCaller() {
    Receipt foreign =
        new Fixture().receipt(OTHER_NODE, 1, 0, 4, FinishReason.STOP).receipt().statement();
    assertThatThrownBy(() -> next(Optional.empty(), foreign))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void refused(VoucherStep newest) {
    assertThatThrownBy(() -> next(Optional.of(newest), first))
        .isInstanceOfSatisfying(
            DGridException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_SIGNATURE));
  }

  private static VoucherStep signedByKey(long total) {
    Voucher voucher =
        new Voucher(CLIENT.address(), NODE.address(), 1, TokenAmount.of(total), 1, Hash.ZERO, 5);
    return new VoucherStep(Signed.by(OTHER_NODE, DOMAIN, voucher), List.of(), Hash.ZERO);
  }

  private static Optional<KeyAllowance> allowance(SigningKey key, long settled, long remaining) {
    return Optional.of(
        new KeyAllowance(key.address(), TokenAmount.of(settled), TokenAmount.of(remaining)));
  }

  private static VoucherStep next(Optional<VoucherStep> newest, Receipt... receipts) {
    return next(newest, Optional.empty(), receipts);
  }

  private static VoucherStep next(
      Optional<VoucherStep> newest, Optional<KeyAllowance> allowance, Receipt... receipts) {
    return VoucherRules.next(
        CLIENT,
        NODE.address(),
        1,
        newest,
        allowance,
        List.of(receipts),
        1_900_000_000_000L,
        DOMAIN);
  }
}
