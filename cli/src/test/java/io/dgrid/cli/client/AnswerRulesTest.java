package io.dgrid.cli.client;

import static io.dgrid.cli.client.Fixture.CLIENT;
import static io.dgrid.cli.client.Fixture.DOMAIN;
import static io.dgrid.cli.client.Fixture.INPUT_TOKENS;
import static io.dgrid.cli.client.Fixture.NODE;
import static io.dgrid.cli.client.Fixture.OTHER_NODE;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Signed;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnswerRulesTest {
  private final Fixture fixture = new Fixture();
  private final IssuedReceipt whole = fixture.receipt(NODE, 1, 0, 6, FinishReason.STOP);

  @Test
  void honestAnswerCanBeConfirmed() {
    assertThat(violations(6, INPUT_TOKENS, whole)).isEmpty();
  }

  @Test
  void answerOfTwoNodesCanBeConfirmed() {
    assertThat(
            violations(
                6,
                INPUT_TOKENS,
                fixture.receipt(NODE, 1, 0, 4, FinishReason.INTERRUPTED),
                fixture.receipt(OTHER_NODE, 2, 4, 2, FinishReason.STOP)))
        .isEmpty();
  }

  @Test
  void tokensThatNeverArrivedAreNotPaid() {
    assertThat(violations(5, INPUT_TOKENS, whole))
        .anyMatch(v -> v.contains("not over the received tokens"))
        .anyMatch(v -> v.contains("6 tokens are billed, 5 arrived"));
  }

  /** Whoever made the last tokens was lost before it signed, and the job ended without it. */
  @Test
  void endOfAnAnswerThatFailedMayBeFree() {
    IssuedReceipt begun = fixture.receipt(NODE, 1, 0, 4, FinishReason.INTERRUPTED);

    assertThat(AnswerRules.violations(fixture.asked, failed(6, begun), DOMAIN)).isEmpty();
    assertThat(AnswerRules.violations(fixture.asked, failed(6), DOMAIN)).isEmpty();
    assertThat(violations(6, INPUT_TOKENS, begun))
        .as("an answer that is whole is billed whole")
        .anyMatch(v -> v.contains("4 tokens are billed, 6 arrived"));
    assertThat(AnswerRules.violations(fixture.asked, failed(5, whole), DOMAIN))
        .anyMatch(v -> v.contains("6 tokens are billed, 5 arrived"));
  }

  @Test
  void otherTokensThanTheReceivedOnesAreNotPaid() {
    int[] received = {0, 1, 2, 99, 4, 5};
    assertThat(AnswerRules.violations(fixture.asked, answer(received, INPUT_TOKENS, whole), DOMAIN))
        .containsExactly("receipt of attempt 1 is not over the received tokens");
  }

  @Test
  void moreInputThanAcceptedIsNotPaid() {
    assertThat(violations(6, INPUT_TOKENS - 1, whole))
        .anyMatch(v -> v.contains("more input tokens"));
  }

  @Test
  void receiptsMustJoinAndBelongToThisQuestion() {
    assertThat(
            violations(
                6,
                INPUT_TOKENS,
                fixture.receipt(NODE, 1, 0, 4, FinishReason.INTERRUPTED),
                fixture.receipt(OTHER_NODE, 2, 3, 2, FinishReason.STOP)))
        .anyMatch(v -> v.contains("overlap"));
    IssuedReceipt foreign = new Fixture().receipt(NODE, 1, 0, 6, FinishReason.STOP);
    assertThat(violations(6, INPUT_TOKENS, foreign))
        .anyMatch(v -> v.contains("answers another request"));
  }

  @Test
  void billMustBeWhatTheReceiptsAddUpTo() {
    Answer honest = answer(positions(6), INPUT_TOKENS, whole);
    Answer dearer =
        new Answer(
            honest.jobId(),
            honest.text(),
            honest.tokenIds(),
            honest.logprobs(),
            honest.inputTokens(),
            honest.amount().plus(TokenAmount.of(1)),
            1,
            honest.receipts(),
            honest.finish(),
            honest.failure());
    assertThat(AnswerRules.violations(fixture.asked, dearer, DOMAIN))
        .anyMatch(v -> v.contains("add up to"));
  }

  @Test
  void foreignSignatureIsNamed() {
    JobRequest request = whole.request().statement();
    IssuedReceipt forged =
        new IssuedReceipt(
            Signed.by(CLIENT, DOMAIN, whole.receipt().statement()),
            whole.offer(),
            Signed.by(CLIENT, DOMAIN, request));
    assertThat(violations(6, INPUT_TOKENS, forged))
        .containsExactly("receipt of attempt 1 breaks RECEIPT_SIGNATURE");
  }

  private List<String> violations(int received, int inputTokens, IssuedReceipt... receipts) {
    return AnswerRules.violations(
        fixture.asked, answer(positions(received), inputTokens, receipts), DOMAIN);
  }

  private Answer failed(int received, IssuedReceipt... receipts) {
    Answer whole = answer(positions(received), INPUT_TOKENS, receipts);
    return new Answer(
        whole.jobId(),
        whole.text(),
        whole.tokenIds(),
        whole.logprobs(),
        whole.inputTokens(),
        whole.amount(),
        whole.attempts(),
        whole.receipts(),
        Optional.empty(),
        Optional.of(new DGridException(ErrorCode.CANCELLED, "client cancelled")));
  }

  private static int[] positions(int count) {
    return IntStream.range(0, count).toArray();
  }

  private Answer answer(int[] tokens, int inputTokens, IssuedReceipt... receipts) {
    TokenAmount sum =
        List.of(receipts).stream()
            .map(r -> r.receipt().statement().amount())
            .reduce(TokenAmount.ZERO, TokenAmount::plus);
    return new Answer(
        fixture.asked.jobId(),
        "text",
        tokens,
        positions(tokens.length),
        inputTokens,
        sum,
        receipts.length,
        List.of(receipts),
        Optional.of(FinishReason.STOP),
        Optional.empty());
  }
}
