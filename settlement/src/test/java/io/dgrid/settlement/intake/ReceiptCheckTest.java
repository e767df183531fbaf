package io.dgrid.settlement.intake;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.settlement.Parties;
import io.dgrid.settlement.intake.ReceiptCheck.Outcome;
import io.dgrid.transport.codec.ReceiptCodec;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

class ReceiptCheckTest {
  private static final Domain DOMAIN = new Domain(31337, Address.fromHex("5e".repeat(20)));

  private final ReceiptCheck check = new ReceiptCheck(DOMAIN);
  private final Parties parties = new Parties(DOMAIN);

  @Test
  void goodReceiptIsGoodHoweverOftenItComes() {
    IssuedReceipt receipt = parties.receipt();
    Outcome first = check.check(bytes(receipt));
    assertThat(first)
        .isInstanceOfSatisfying(
            Outcome.Good.class,
            good -> assertThat(good.receipt().requestSigner()).isEqualTo(parties.client.address()));
    assertThat(check.check(bytes(receipt))).isInstanceOf(Outcome.Good.class);
  }

  /** What is remembered of an honest receipt must not carry a forged one through. */
  @Test
  void rememberedSignersDoNotCoverOtherSignaturesOrStatements() {
    IssuedReceipt honest = parties.receipt();
    assertThat(check.check(bytes(honest))).isInstanceOf(Outcome.Good.class);
    SigningKey stranger = SigningKey.random();
    Offer offer = honest.offer().statement();
    Offer more =
        new Offer(
            offer.node(),
            offer.modelId(),
            offer.inputPrice(),
            offer.outputPrice(),
            offer.slots() + 1,
            offer.validUntil());

    refused(
        "offer_signature",
        new IssuedReceipt(honest.receipt(), Signed.by(stranger, DOMAIN, offer), honest.request()));
    refused(
        "offer_signature",
        new IssuedReceipt(
            honest.receipt(), new Signed<>(more, honest.offer().signature()), honest.request()));
    refused(
        "receipt_signature",
        new IssuedReceipt(
            Signed.by(stranger, DOMAIN, honest.receipt().statement()),
            honest.offer(),
            honest.request()));
    Signed<JobRequest> byStranger = Signed.by(stranger, DOMAIN, honest.request().statement());
    assertThat(check.check(bytes(new IssuedReceipt(honest.receipt(), honest.offer(), byStranger))))
        .isInstanceOfSatisfying(
            Outcome.Good.class,
            good ->
                assertThat(good.receipt().requestSigner())
                    .as("whose grant is looked up later")
                    .isEqualTo(stranger.address()));
  }

  private void refused(String reason, IssuedReceipt receipt) {
    assertThat(check.check(bytes(receipt)))
        .isInstanceOfSatisfying(
            Outcome.Bad.class, bad -> assertThat(bad.reason()).isEqualTo(reason));
  }

  /** Prints what remembering signers is worth; see settlement/README.md. */
  @Test
  @EnabledIfSystemProperty(named = "dgrid.measure", matches = "true")
  void speed() {
    List<Parties> pairs = IntStream.range(0, 100).mapToObj(i -> new Parties(DOMAIN)).toList();
    List<byte[]> records =
        IntStream.range(0, 10_000).mapToObj(i -> bytes(pairs.get(i % 100).receipt())).toList();
    rate(records, 0, false);
    rate(records, 8_192, false);
    for (int round = 0; round < 3; round++) {
      double without = rate(records, 0, false);
      double with = rate(records, 8_192, false);
      double parallel = rate(records, 8_192, true);
      System.out.printf(
          Locale.ROOT,
          "receipts/s on one core: %.0f without cache, %.0f with it (%.2f times); on %d cores: %.0f (%.2f times)%n",
          without,
          with,
          with / without,
          Runtime.getRuntime().availableProcessors(),
          parallel,
          parallel / without);
    }
  }

  private static double rate(List<byte[]> records, int capacity, boolean parallel) {
    ReceiptCheck fresh = new ReceiptCheck(DOMAIN, new SignerCache(capacity));
    long start = System.nanoTime();
    long good =
        (parallel ? records.parallelStream() : records.stream())
            .map(fresh::check)
            .filter(Outcome.Good.class::isInstance)
            .count();
    double seconds = (System.nanoTime() - start) / 1e9;
    assertThat(good).isEqualTo(records.size());
    return records.size() / seconds;
  }

  private static byte[] bytes(IssuedReceipt receipt) {
    return ReceiptCodec.toWire(receipt).toByteArray();
  }
}
