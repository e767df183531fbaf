package io.dgrid.acceptance;

import static io.dgrid.acceptance.dsl.Ask.question;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Answer;
import io.dgrid.acceptance.dsl.Ask;
import io.dgrid.acceptance.dsl.Client;
import io.dgrid.acceptance.dsl.HttpDoor;
import io.dgrid.acceptance.dsl.HttpDoor.Response;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.RawDoor;
import io.dgrid.acceptance.dsl.Refusal;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.money.Price;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.proto.job.v1.SubmitRequest;
import io.dgrid.proto.market.v1.CreateApiKeyResponse;
import io.dgrid.proto.market.v1.GetBalanceResponse;
import io.grpc.Status;
import java.math.BigInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Promise: bad input gets its own clear, typed error and changes nothing. */
@Acceptance
class BadInputIT {
  private static final Ask FINE = question("What is DGrid?");
  private static final String CHAT =
      "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]%s}";

  private final Network network;
  private final Client client;
  private final RawDoor door;
  private final HttpDoor http;
  private GetBalanceResponse before = GetBalanceResponse.getDefaultInstance();

  BadInputIT(Network network) {
    this.network = network;
    client = network.client();
    door = network.rawDoor();
    http = network.httpDoor();
  }

  @BeforeEach
  void lookAtTheMoney() {
    client.settles();
    before = client.balance();
  }

  @AfterEach
  void leave() {
    door.close();
    http.close();
  }

  @Test
  void signatureOfSomebodyElse() {
    var signature = network.stranger().signs(FINE).wire().getRequest().getSignature();
    SubmitRequest.Builder forged = client.signs(FINE).wire().toBuilder();
    forged.getRequestBuilder().setSignature(signature);
    assertRefused(door.refuses(forged.build()), "INVALID_SIGNATURE");
  }

  @Test
  void signatureThatIsNone() {
    SubmitRequest.Builder forged = client.signs(FINE).wire().toBuilder();
    forged.getRequestBuilder().setSignature(ByteString.copyFrom(new byte[65]));
    Refusal refusal = assertRefused(door.refuses(forged.build()), "INVALID_REQUEST");
    assertThat(refusal.message()).contains("request.signature");
  }

  @Test
  void nonceThatWasUsedBefore() {
    var first = client.signs(FINE);
    Answer answer = client.asks(first);
    assertThat(answer.failure()).isEmpty();
    lookAtTheMoney();
    var second = client.signs(question("What is a worker?"), first.request().statement().nonce());
    assertRefused(door.refuses(second.wire()), "NONCE_REPLAYED");
  }

  @Test
  void modelNobodyKnows() {
    var asked = client.signs(FINE.ofModel(ByteString.copyFrom(new byte[32])));
    assertRefused(door.refuses(asked.wire()), "UNKNOWN_MODEL");
  }

  @Test
  void promptWithoutText() {
    assertRefused(door.refuses(client.signs(question("")).wire()), "EMPTY_PROMPT");
  }

  @Test
  void promptOverTheContext() {
    var asked = client.signs(question("many words ".repeat(1000)));
    Refusal refusal = assertRefused(door.refuses(asked.wire()), "CONTEXT_EXCEEDED");
    assertThat(refusal.facts()).containsEntry("limit", "512").containsKey("tokens");
  }

  @Test
  void maximumPriceTooLow() {
    var asked = client.signs(FINE.paying(Price.of(1)));
    Refusal refusal = assertRefused(door.refuses(asked.wire()), "PRICE_TOO_LOW");
    assertThat(refusal.facts()).containsEntry("cheapest", network.cheapestPrice().toString());
  }

  @Test
  void noCredit() {
    Client stranger = network.stranger();
    Refusal refusal =
        assertRefused(door.refuses(stranger.signs(FINE).wire()), "INSUFFICIENT_CREDIT");
    BigInteger required = new BigInteger(refusal.facts().get("required"));
    assertThat(required).isPositive();
    assertThat(refusal.facts())
        .containsEntry("available", "0")
        .containsEntry("missing", required.toString());
    assertThat(stranger.balance().getHeld()).isEqualTo("0");
  }

  @Test
  void noWorkerOnline() {
    network.withoutWorkers(
        () -> {
          Answer answer = client.asks(FINE);

          assertThat(answer.failure()).contains(ErrorCode.NO_WORKER);
          assertThat(answer.waitUntilTerminal()).isEqualTo(JobState.JOB_STATE_FAILED);
          assertNothingChanged();
        });
  }

  @Test
  void bytesThatAreNoMessageChangeNothing() {
    byte[] noMessage = {0x0a, (byte) 0xff, (byte) 0xff, 0x01};
    Refusal refusal = assertRefused(door.refuses(noMessage), "INVALID_REQUEST");
    assertThat(refusal.status()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refusal.message()).doesNotContain("Exception", "io.dgrid", "com.google");
  }

  @Test
  void messageThatIsTooLarge() {
    for (int megabytes : new int[] {5, 50}) {
      byte[] tooLarge = new byte[megabytes * 1024 * 1024];
      Refusal refusal = assertRefused(door.refuses(tooLarge), "MESSAGE_TOO_LARGE");
      assertThat(refusal.status()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(refusal.facts()).containsEntry("limit", "4194304");
    }
  }

  @Test
  void httpBodyThatIsNoJson() {
    assertRefused(http.chat(network.apiKey(), "{\"model\": "), 400, "INVALID_REQUEST");
  }

  @Test
  void httpFieldNobodyKnows() {
    String body = CHAT.formatted(network.modelName(), ",\"temprature\":1");
    Response response = assertRefused(http.chat(network.apiKey(), body), 400, "INVALID_REQUEST");
    assertThat(response.param()).isEqualTo("temprature");
  }

  @Test
  void httpModelNobodyKnows() {
    String body = CHAT.formatted("gpt-none", "");
    assertRefused(http.chat(network.apiKey(), body), 404, "UNKNOWN_MODEL");
  }

  @Test
  void httpApiKeyNobodyKnows() {
    String body = CHAT.formatted(network.modelName(), "");
    Response response = assertRefused(http.chat("dg-unknown", body), 401, "INVALID_API_KEY");
    assertThat(response.type()).isEqualTo("authentication_error");
  }

  @Test
  void httpApiKeyThatWasRevoked() {
    CreateApiKeyResponse apiKey = client.createsApiKey();
    String body = CHAT.formatted(network.modelName(), ",\"max_tokens\":4");
    assertThat(http.chat(apiKey.getSecret(), body).status()).isEqualTo(200);
    lookAtTheMoney();
    client.revokes(apiKey);
    assertRefused(http.chat(apiKey.getSecret(), body), 401, "INVALID_API_KEY");
  }

  private Refusal assertRefused(Refusal refusal, String reason) {
    assertThat(refusal.reason()).as(refusal.toString()).isEqualTo(reason);
    assertThat(refusal.message()).isNotBlank();
    assertNothingChanged();
    return refusal;
  }

  private Response assertRefused(Response response, int status, String code) {
    assertThat(response.status()).as(response.toString()).isEqualTo(status);
    assertThat(response.code()).isEqualTo(code);
    assertThat(response.body().at("/error/message").asText()).isNotBlank();
    assertNothingChanged();
    return response;
  }

  private void assertNothingChanged() {
    assertThat(client.balance()).isEqualTo(before);
  }
}
