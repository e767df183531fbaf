package io.dgrid.edge.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.Pricing;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.Failed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.Usage;
import io.dgrid.transport.codec.ReceiptCodec;
import java.util.List;
import org.junit.jupiter.api.Test;

class TerminalsTest {
  private static final Domain DOMAIN = new Domain(31337, Address.fromHex("5e".repeat(20)));
  private static final SigningKey CLIENT = SigningKey.random();
  private static final SigningKey NODE = SigningKey.random();
  private static final ModelId MODEL = new ModelId(new Hash(0, 0, 0, 7));
  private static final Price MOST = Price.of(3_000_000);
  private static final int PROMPT = 7;
  private static final int MAX_OUTPUT = 10;
  private static final long FAR = 4_000_000_000_000L;

  private final JobRequest request =
      new JobRequest(
          CLIENT.address(), MODEL, new Hash(1, 0, 0, 0), Hash.ZERO, MOST, MAX_OUTPUT, 1, FAR);
  private final JobRow row = row();

  @Test
  void partsOfOneAnswerArePaidInTheirOrder() {
    IssuedReceipt first = receipt(1, 0, 4, PROMPT);
    IssuedReceipt second = receipt(2, 6, 4, 0);

    assertThat(paid(second, first)).containsExactly(first, second);
  }

  @Test
  void answerEndsWhereItsLastReceiptDoesAndNotAfterSoManyTokens() {
    JobEvent end =
        JobEvent.newBuilder()
            .setCompleted(
                Completed.newBuilder()
                    .setUsage(Usage.newBuilder().setOutputTokens(8))
                    .addReceipts(ReceiptCodec.toWire(receipt(1, 0, 4, PROMPT)))
                    .addReceipts(ReceiptCodec.toWire(receipt(3, 6, 4, 0))))
            .build();

    assertThat(Terminals.endPosition(end)).isEqualTo(10);
    assertThat(Terminals.endPosition(JobEvent.getDefaultInstance())).isZero();
  }

  @Test
  void receiptNamedTwiceIsPaidOnce() {
    IssuedReceipt receipt = receipt(1, 0, 4, PROMPT);

    assertThat(paid(receipt, receipt)).containsExactly(receipt);
  }

  @Test
  void tokensThatAnotherReceiptBillsAreNotPaidAgain() {
    IssuedReceipt first = receipt(1, 0, 4, PROMPT);

    assertThat(paid(first, receipt(2, 0, 6, PROMPT), receipt(3, 3, 2, 0))).containsExactly(first);
  }

  @Test
  void promptIsPaidOnceEvenWithoutOutput() {
    IssuedReceipt first = receipt(1, 0, 0, PROMPT);

    assertThat(paid(first, receipt(2, 0, 0, PROMPT))).containsExactly(first);
  }

  @Test
  void moreInputThanThePromptHasIsNotPaid() {
    assertThat(paid(receipt(1, 0, 4, PROMPT + 1))).isEmpty();
  }

  @Test
  void nothingAboveTheHoldIsPaid() {
    IssuedReceipt first = receipt(1, 0, 4, PROMPT);
    row.held = first.receipt().statement().amount().units();

    assertThat(paid(first, receipt(2, 4, 1, 0))).containsExactly(first);
  }

  @Test
  void failedJobPaysWhatItDelivered() {
    IssuedReceipt first = receipt(1, 0, 4, PROMPT);
    JobEvent failed =
        JobEvent.newBuilder()
            .setFailed(Failed.newBuilder().addReceipts(ReceiptCodec.toWire(first)))
            .build();

    assertThat(Terminals.validReceipts(failed, row, DOMAIN, new SignerCache(0)))
        .containsExactly(first);
  }

  private List<IssuedReceipt> paid(IssuedReceipt... receipts) {
    Completed.Builder completed = Completed.newBuilder();
    List.of(receipts).forEach(r -> completed.addReceipts(ReceiptCodec.toWire(r)));
    return Terminals.validReceipts(
        JobEvent.newBuilder().setCompleted(completed).build(), row, DOMAIN, new SignerCache(0));
  }

  private JobRow row() {
    JobRow row = new JobRow();
    row.jobId = request.jobId(DOMAIN).toString();
    row.inputTokens = PROMPT;
    row.maxOutputTokens = MAX_OUTPUT;
    row.held = new Pricing(MOST, MOST).atMost(PROMPT, MAX_OUTPUT).units();
    return row;
  }

  private IssuedReceipt receipt(int attempt, int first, int count, int input) {
    Offer offer =
        new Offer(NODE.address(), MODEL, Price.of(1_000_000), Price.of(2_000_000), 1, FAR);
    Receipt receipt =
        new Receipt(
            request.jobId(DOMAIN),
            attempt,
            CLIENT.address(),
            NODE.address(),
            MODEL,
            request.structHash(),
            new Hash(0, 0, 0, 2),
            count == 0 ? Hash.ZERO : new Hash(0, 0, 0, 3),
            first,
            input,
            count,
            offer.pricing().bill(input, count),
            1,
            2,
            FinishReason.INTERRUPTED,
            Hash.ZERO);
    return new IssuedReceipt(
        Signed.by(NODE, DOMAIN, receipt),
        Signed.by(NODE, DOMAIN, offer),
        Signed.by(CLIENT, DOMAIN, request));
  }
}
