package io.dgrid.edge.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.edge.TestClient;
import io.dgrid.edge.TestConfig;
import io.dgrid.edge.TestNetwork;
import io.dgrid.proto.job.v1.ChatMessage;
import io.dgrid.proto.job.v1.ChatPrompt;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.proto.job.v1.Sampling;
import io.dgrid.proto.job.v1.SubmitRequest;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class AdmissionRulesTest {
  private static final SigningKey CLIENT = SigningKey.random();

  private final AdmissionRules rules =
      new AdmissionRules(
          TestNetwork.catalogue(),
          TestNetwork.DOMAIN,
          new SignerCache(0),
          TestConfig.defaults().admission());

  @Test
  void goodRequestBecomesACandidateWithItsWorstCase() {
    Candidate candidate = check(client -> {});
    assertThat(candidate.signer()).isEqualTo(CLIENT.address());
    assertThat(candidate.job()).isEqualTo(candidate.request().jobId(TestNetwork.DOMAIN));
    int tokens = candidate.promptTokens().length + 16;
    assertThat(candidate.worstCase()).isEqualTo(TokenAmount.of(5L * tokens));
  }

  @Test
  void unknownModel() {
    refuses(ErrorCode.UNKNOWN_MODEL, client -> client.model = new ModelId(new Hash(1, 2, 3, 4)));
  }

  @Test
  void emptyPrompt() {
    refuses(ErrorCode.EMPTY_PROMPT, client -> client.prompt = chat("user", " \n"));
    refuses(
        ErrorCode.EMPTY_PROMPT, client -> client.prompt = Prompt.newBuilder().setText("").build());
  }

  @Test
  void unknownRole() {
    refuses(ErrorCode.INVALID_REQUEST, client -> client.prompt = chat("root", "hello"));
  }

  @Test
  void promptOverTheContext() {
    refuses(
        ErrorCode.CONTEXT_EXCEEDED, client -> client.prompt = chat("user", "word ".repeat(2000)));
    refuses(ErrorCode.CONTEXT_EXCEEDED, client -> client.maxOutputTokens = 449);
  }

  @Test
  void promptOverItsBytes() {
    refuses(ErrorCode.INVALID_REQUEST, client -> client.prompt = chat("user", "x".repeat(1 << 20)));
  }

  @Test
  void samplingOutOfBounds() {
    // The codec that hashes refuses it too, so the request is signed with another one.
    SubmitRequest request =
        TestClient.request(CLIENT)
            .build()
            .setSampling(Sampling.newBuilder().setTemperatureMicros(2_000_001).setTopPMicros(1))
            .build();
    refuses(ErrorCode.INVALID_REQUEST, request);
  }

  @Test
  void hashesThatDoNotMatch() {
    refuses(
        ErrorCode.INVALID_REQUEST,
        TestClient.request(CLIENT).build().setPrompt(chat("user", "another")).build());
    refuses(
        ErrorCode.INVALID_REQUEST,
        TestClient.request(CLIENT)
            .build()
            .setSampling(Sampling.newBuilder().setSeed(8).setTopPMicros(1_000_000))
            .build());
  }

  @Test
  void expiredOrTooFarAhead() {
    refuses(ErrorCode.REQUEST_EXPIRED, client -> client.expiry = System.currentTimeMillis() - 1);
    refuses(
        ErrorCode.REQUEST_EXPIRED,
        client -> client.expiry = System.currentTimeMillis() + 2 * 3_600_000);
    refuses(ErrorCode.REQUEST_EXPIRED, client -> client.expiry = -1);
  }

  @Test
  void anotherKeysSignatureIsThatKeys() {
    SigningKey other = SigningKey.random();
    assertThat(check(client -> client.signer = other).signer()).isEqualTo(other.address());
  }

  @Test
  void malformedFieldsAreNamed() {
    assertThatThrownBy(() -> SubmissionCodec.fromWire(SubmitRequest.getDefaultInstance()))
        .isInstanceOf(DGridException.class)
        .hasMessageContaining("request");
    SubmitRequest request = TestClient.request(CLIENT).build().clearSalt().build();
    assertThatThrownBy(() -> SubmissionCodec.fromWire(request)).hasMessageContaining("salt");
    SubmitRequest key =
        TestClient.request(CLIENT).build().setIdempotencyKey("k".repeat(129)).build();
    assertThatThrownBy(() -> SubmissionCodec.fromWire(key)).hasMessageContaining("idempotency_key");
  }

  private static Prompt chat(String role, String content) {
    return Prompt.newBuilder()
        .setChat(
            ChatPrompt.newBuilder()
                .addMessages(ChatMessage.newBuilder().setRole(role).setContent(content)))
        .build();
  }

  private Candidate check(Consumer<TestClient> change) {
    TestClient client = TestClient.request(CLIENT);
    change.accept(client);
    return rules.check(
        SubmissionCodec.fromWire(client.build().build()), System.currentTimeMillis());
  }

  private void refuses(ErrorCode code, Consumer<TestClient> change) {
    TestClient client = TestClient.request(CLIENT);
    change.accept(client);
    refuses(code, client.build().build());
  }

  private void refuses(ErrorCode code, SubmitRequest request) {
    assertThatThrownBy(
            () -> rules.check(SubmissionCodec.fromWire(request), System.currentTimeMillis()))
        .isInstanceOfSatisfying(
            DGridException.class, failure -> assertThat(failure.code()).isEqualTo(code));
  }
}
