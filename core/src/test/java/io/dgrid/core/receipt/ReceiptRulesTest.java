package io.dgrid.core.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.ReceiptRules.Violation;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReceiptRulesTest {
  private static final Domain DOMAIN =
      new Domain(31337, Address.fromHex("0x00000000000000000000000000000000000000aa"));
  private static final Hash SALT = new Hash(7, 7, 7, 7);
  private static final int[] IDS = {5, 6, 7};
  private static final int[] LOGPROBS = {100, 200, 65535};

  private final SigningKey client = SigningKey.random();
  private final SigningKey node = SigningKey.random();
  private final ModelId model = new ModelId(new Hash(1, 2, 3, 4));
  private final JobRequest request =
      new JobRequest(
          client.address(),
          model,
          Hash.ZERO,
          Hash.ZERO,
          Price.of(5_000_000),
          10,
          1,
          Long.MAX_VALUE);
  private final Offer offer =
      new Offer(node.address(), model, Price.of(1_000_000), Price.of(2_000_000), 1, 99);
  private final Receipt good =
      new Receipt(
          request.jobId(DOMAIN),
          1,
          client.address(),
          node.address(),
          model,
          request.structHash(),
          Fingerprint.responseHash(SALT, 0, IDS),
          Fingerprint.root(SALT, IDS, LOGPROBS),
          0,
          4,
          3,
          TokenAmount.of(10),
          1,
          2,
          FinishReason.STOP,
          Hash.ZERO);

  @Test
  void goodReceiptBreaksNoRule() {
    assertThat(violations(good)).isEmpty();
    assertThat(ReceiptRules.opens(good, SALT, IDS, LOGPROBS)).isTrue();
  }

  @Test
  void everyForgedFieldIsNamed() {
    Receipt r = good;
    assertThat(violations(with(r, 11, 3, TokenAmount.of(10)))).contains(Violation.AMOUNT);
    assertThat(violations(with(r, 0, 3, TokenAmount.of(6))))
        .containsExactly(Violation.INPUT_TOKENS);
    assertThat(violations(with(r, 4, 11, TokenAmount.of(26))))
        .containsExactly(Violation.OUTPUT_TOKENS);
    assertThat(violations(with(r, 4, 3, TokenAmount.of(11)))).containsExactly(Violation.AMOUNT);
    assertThat(violations(with(r, 4, 0, TokenAmount.of(4)))).containsExactly(Violation.COMMITMENT);

    Receipt otherClient =
        copy(r, r.jobId(), node.address(), r.node(), r.modelId(), r.requestHash(), 1, 2);
    assertThat(violations(otherClient)).containsExactly(Violation.CLIENT);
    Receipt otherJob =
        copy(r, new JobId(SALT), r.client(), r.node(), r.modelId(), r.requestHash(), 1, 2);
    assertThat(violations(otherJob)).containsExactly(Violation.REQUEST_HASH);
    Receipt otherModel =
        copy(r, r.jobId(), r.client(), r.node(), new ModelId(SALT), r.requestHash(), 1, 2);
    assertThat(violations(otherModel)).containsExactly(Violation.MODEL);
    Receipt backwards =
        copy(r, r.jobId(), r.client(), r.node(), r.modelId(), r.requestHash(), 3, 2);
    assertThat(violations(backwards)).containsExactly(Violation.TIMES);
  }

  @Test
  void signaturesOfOthersAreRefused() {
    IssuedReceipt forged =
        new IssuedReceipt(
            Signed.by(client, DOMAIN, good),
            Signed.by(client, DOMAIN, offer),
            Signed.by(client, DOMAIN, request));
    assertThat(ReceiptRules.violations(forged, DOMAIN))
        .containsExactly(Violation.RECEIPT_SIGNATURE, Violation.OFFER_SIGNATURE);

    Domain otherChain = new Domain(1, DOMAIN.settlement());
    IssuedReceipt replayed =
        new IssuedReceipt(
            Signed.by(node, DOMAIN, good),
            Signed.by(node, DOMAIN, offer),
            Signed.by(client, DOMAIN, request));
    assertThat(ReceiptRules.violations(replayed, otherChain))
        .contains(Violation.RECEIPT_SIGNATURE, Violation.REQUEST_HASH);
  }

  @Test
  void offersAboveTheMaximumAreNamed() {
    Offer dear = new Offer(node.address(), model, Price.of(1_000_000), Price.of(6_000_000), 1, 99);
    Receipt billed = with(good, 4, 3, TokenAmount.of(22));
    IssuedReceipt issued =
        new IssuedReceipt(
            Signed.by(node, DOMAIN, billed),
            Signed.by(node, DOMAIN, dear),
            Signed.by(client, DOMAIN, request));
    assertThat(ReceiptRules.violations(issued, DOMAIN)).containsExactly(Violation.PRICE);
  }

  @Test
  void anotherTokenOrLogprobDoesNotOpenTheCommitment() {
    assertThat(ReceiptRules.opens(good, SALT, new int[] {5, 6, 8}, LOGPROBS)).isFalse();
    assertThat(ReceiptRules.opens(good, SALT, IDS, new int[] {100, 200, 0})).isFalse();
    assertThat(ReceiptRules.opens(good, Hash.ZERO, IDS, LOGPROBS)).isFalse();
  }

  @Test
  void noTokenIsBilledTwice() {
    Receipt first = ranged(0, 3, FinishReason.INTERRUPTED);
    Receipt second = ranged(3, 2, FinishReason.STOP);
    assertThat(ReceiptRules.join(List.of(first, second))).isTrue();
    assertThat(ReceiptRules.unbilled(List.of(first, second))).isZero();
    assertThat(ReceiptRules.join(List.of(second, first))).isFalse();
    assertThat(ReceiptRules.join(List.of(first, ranged(2, 2, FinishReason.STOP)))).isFalse();
    assertThat(ReceiptRules.join(List.of(ranged(0, 3, FinishReason.STOP), second))).isFalse();
  }

  @Test
  void tokensOfANodeThatDiedUnsignedAreFree() {
    List<Receipt> withHole =
        List.of(ranged(0, 3, FinishReason.INTERRUPTED), ranged(7, 2, FinishReason.STOP));
    assertThat(ReceiptRules.join(withHole)).isTrue();
    assertThat(ReceiptRules.unbilled(withHole)).isEqualTo(4);
    assertThat(ReceiptRules.unbilled(List.of(ranged(5, 2, FinishReason.STOP)))).isEqualTo(5);
  }

  private List<Violation> violations(Receipt receipt) {
    return ReceiptRules.violations(
        new IssuedReceipt(
            Signed.by(node, DOMAIN, receipt),
            Signed.by(node, DOMAIN, offer),
            Signed.by(client, DOMAIN, request)),
        DOMAIN);
  }

  private static Receipt with(Receipt r, int input, int output, TokenAmount amount) {
    return new Receipt(
        r.jobId(),
        r.attempt(),
        r.client(),
        r.node(),
        r.modelId(),
        r.requestHash(),
        r.responseHash(),
        r.fingerprintRoot(),
        r.firstPosition(),
        input,
        output,
        amount,
        r.startedAt(),
        r.finishedAt(),
        r.finishReason(),
        r.previousReceipt());
  }

  private static Receipt copy(
      Receipt r,
      JobId job,
      Address client,
      Address node,
      ModelId model,
      Hash requestHash,
      long started,
      long finished) {
    return new Receipt(
        job,
        r.attempt(),
        client,
        node,
        model,
        requestHash,
        r.responseHash(),
        r.fingerprintRoot(),
        r.firstPosition(),
        r.inputTokens(),
        r.outputTokens(),
        r.amount(),
        started,
        finished,
        r.finishReason(),
        r.previousReceipt());
  }

  private Receipt ranged(int first, int output, FinishReason reason) {
    return new Receipt(
        good.jobId(),
        1,
        good.client(),
        good.node(),
        good.modelId(),
        good.requestHash(),
        good.responseHash(),
        good.fingerprintRoot(),
        first,
        first == 0 ? 4 : 0,
        output,
        TokenAmount.ZERO,
        1,
        2,
        reason,
        Hash.ZERO);
  }
}
