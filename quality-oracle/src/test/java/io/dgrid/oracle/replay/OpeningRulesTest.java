package io.dgrid.oracle.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.tokenizer.ChatTemplate;
import io.dgrid.oracle.replay.OpeningRules.Finding;
import io.dgrid.proto.job.v1.ChatMessage;
import io.dgrid.proto.job.v1.ChatPrompt;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.proto.job.v1.Sampling;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.transport.codec.PromptCodec;
import io.dgrid.transport.codec.SamplingCodec;
import io.dgrid.transport.codec.Wire;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OpeningRulesTest {
  private static final Domain DOMAIN = new Domain(31337, Address.fromHex("11".repeat(20)));
  private static final SigningKey CLIENT = SigningKey.of(Keccak.hash(new byte[] {1}).toBytes());
  private static final SigningKey NODE = SigningKey.of(Keccak.hash(new byte[] {2}).toBytes());
  private static final Hash SALT = Keccak.hash(new byte[] {3});
  private static final CatalogueEntry MODEL =
      Catalogue.read(Path.of(System.getProperty("dgrid.root"), "deploy/local/catalogue"))
          .entries()
          .iterator()
          .next();
  private static final ChatTemplate TEMPLATE = new ChatTemplate(MODEL.tokenizer().orElseThrow());
  private static final int END = TEMPLATE.endToken();
  private static final Prompt PROMPT =
      Prompt.newBuilder()
          .setChat(
              ChatPrompt.newBuilder()
                  .addMessages(ChatMessage.newBuilder().setRole("user").setContent("hello there")))
          .build();

  private final Sampling sampling =
      Sampling.newBuilder()
          .setSeed(5)
          .setTemperatureMicros(700_000)
          .setTopPMicros(1_000_000)
          .build();
  private static final int MAX_OUTPUT = 8;
  private int inputTokens = PromptCodec.tokens(PROMPT, TEMPLATE).length;

  @Test
  void honestAnswersFit() {
    int[] stopped = {300, 301, END};
    assertThat(check(stopped, FinishReason.STOP)).isEqualTo(new Finding.Fits());
    assertThat(check(words(8), FinishReason.LENGTH)).isEqualTo(new Finding.Fits());
    assertThat(check(words(3), FinishReason.CANCELLED)).isEqualTo(new Finding.Fits());
    assertThat(check(words(3), FinishReason.INTERRUPTED)).isEqualTo(new Finding.Fits());
  }

  @Test
  void finishReasonMustBeTheOneTheTokensGive() {
    assertThat(check(words(3), FinishReason.STOP)).isInstanceOf(Finding.Fraud.class);
    assertThat(check(words(3), FinishReason.LENGTH)).isInstanceOf(Finding.Fraud.class);
    assertThat(check(new int[] {300, END, 301}, FinishReason.CANCELLED))
        .isInstanceOf(Finding.Fraud.class);
    assertThat(check(new int[] {300, END}, FinishReason.INTERRUPTED))
        .isInstanceOf(Finding.Fraud.class);
    assertThat(check(new int[] {1 << 20}, FinishReason.CANCELLED))
        .isInstanceOf(Finding.Fraud.class);
  }

  @Test
  void tooManyBilledInputTokensAreFraud() {
    inputTokens++;
    assertThat(check(words(8), FinishReason.LENGTH))
        .isEqualTo(new Finding.Fraud("billed input tokens are not the prompt's"));
  }

  @Test
  void promptTokensMustBeTheTokenizers() {
    IssuedReceipt issued = issued(words(8), FinishReason.LENGTH);
    Opening opening = opening(issued, words(8)).setPromptTokens(1, 17).build();
    assertThat(OpeningRules.check(issued, opening, MODEL)).isInstanceOf(Finding.Fraud.class);
  }

  @Test
  void whatDoesNotHashToTheReceiptIsNoOpening() {
    IssuedReceipt issued = issued(words(8), FinishReason.LENGTH);
    Opening good = opening(issued, words(8)).build();
    assertThat(OpeningRules.check(issued, good, MODEL)).isEqualTo(new Finding.Fits());
    Opening[] others = {
      good.toBuilder().setTokenIds(2, 9).build(),
      good.toBuilder().setLogprobs(2, 9).build(),
      good.toBuilder().setLogprobs(2, good.getLogprobs(2) + 65_536).build(),
      good.toBuilder().addDelivered(4).build(),
      good.toBuilder().setSalt(Wire.bytes(Hash.ZERO)).build(),
      good.toBuilder().clearSalt().build(),
      good.toBuilder().clearPrompt().build(),
      good.toBuilder().setPrompt(Prompt.newBuilder().setText("else")).build(),
      good.toBuilder().setSampling(sampling.toBuilder().setSeed(6)).build(),
      Opening.getDefaultInstance()
    };
    for (Opening other : others) {
      assertThat(OpeningRules.check(issued, other, MODEL)).isInstanceOf(Finding.Foreign.class);
    }
  }

  private Finding check(int[] tokens, FinishReason reason) {
    IssuedReceipt issued = issued(tokens, reason);
    return OpeningRules.check(issued, opening(issued, tokens).build(), MODEL);
  }

  private Opening.Builder opening(IssuedReceipt issued, int[] tokens) {
    return Opening.newBuilder()
        .setReceiptHash(Wire.bytes(issued.receipt().statement().hash(DOMAIN)))
        .setSalt(Wire.bytes(SALT))
        .setPrompt(PROMPT)
        .addAllPromptTokens(Arrays.stream(PromptCodec.tokens(PROMPT, TEMPLATE)).boxed().toList())
        .setSampling(sampling)
        .addAllTokenIds(Arrays.stream(tokens).boxed().toList())
        .addAllLogprobs(Arrays.stream(logprobs(tokens)).boxed().toList());
  }

  private IssuedReceipt issued(int[] tokens, FinishReason reason) {
    JobRequest request =
        new JobRequest(
            CLIENT.address(),
            MODEL.manifest().id(),
            PromptCodec.hash(PROMPT, SALT),
            SamplingCodec.hash(sampling),
            Price.of(1_000_000),
            MAX_OUTPUT,
            1,
            2);
    Offer offer =
        new Offer(
            NODE.address(),
            MODEL.manifest().id(),
            Price.of(500_000),
            Price.of(1_000_000),
            1,
            Long.MAX_VALUE);
    Receipt receipt =
        new Receipt(
            request.jobId(DOMAIN),
            1,
            CLIENT.address(),
            NODE.address(),
            MODEL.manifest().id(),
            request.structHash(),
            Fingerprint.responseHash(SALT, 0, tokens),
            Fingerprint.root(SALT, tokens, logprobs(tokens)),
            0,
            inputTokens,
            tokens.length,
            offer.pricing().bill(inputTokens, tokens.length),
            10,
            20,
            reason,
            Hash.ZERO);
    return new IssuedReceipt(
        Signed.by(NODE, DOMAIN, receipt),
        Signed.by(NODE, DOMAIN, offer),
        Signed.by(CLIENT, DOMAIN, request));
  }

  private static int[] words(int count) {
    return IntStream.range(300, 300 + count).toArray();
  }

  private static int[] logprobs(int[] tokens) {
    return Arrays.stream(tokens).map(t -> 100 + t % 50).toArray();
  }
}
