package io.dgrid.edge.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.receipt.ApiKeyCreation;
import io.dgrid.core.receipt.ApiKeyRevocation;
import io.dgrid.core.receipt.Statement;
import io.dgrid.edge.FakeScheduler;
import io.dgrid.edge.TestNetwork;
import io.dgrid.edge.job.EdgeUnderTest;
import io.dgrid.proto.job.v1.CancelRequest;
import io.dgrid.proto.job.v1.JobServiceGrpc;
import io.dgrid.proto.market.v1.AccountServiceGrpc;
import io.dgrid.proto.market.v1.CreateApiKeyRequest;
import io.dgrid.proto.market.v1.CreateApiKeyResponse;
import io.dgrid.proto.market.v1.GetChannelRequest;
import io.dgrid.proto.market.v1.GetChannelResponse;
import io.dgrid.proto.market.v1.RevokeApiKeyRequest;
import io.dgrid.proto.settlement.v1.Deposited;
import io.dgrid.proto.settlement.v1.KeyGranted;
import io.dgrid.proto.settlement.v1.Movement;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.VoucherCodec;
import io.dgrid.transport.codec.Wire;
import io.grpc.ManagedChannel;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The HTTP API as a program sees it; credit and grant arrive as chain facts over the broker. */
@QuarkusTest
@QuarkusTestResource(TestNetwork.class)
class OpenAiIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String QUESTION =
      "{\"model\":\"dgrid/demo-1m\",\"max_tokens\":8,\"max_price\":\"5000000\","
          + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]%s}";

  @TestHTTPResource("/")
  URI base;

  @Inject Signer edgeKey;
  @Inject EdgeUnderTest edge;

  private final HttpClient http = HttpClient.newHttpClient();
  private final SigningKey client = SigningKey.random();
  private final FakeScheduler scheduler = TestNetwork.scheduler();
  private ManagedChannel channel;
  private AccountServiceGrpc.AccountServiceBlockingStub accounts;
  private CreateApiKeyResponse key;

  @BeforeEach
  void connect() throws Exception {
    scheduler.reset();
    channel = Channels.to(TestNetwork.grpc());
    accounts = AccountServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    key = createKey();
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  @Test
  void wholeAnswerWithUsageLogprobsAndJobId() throws Exception {
    fund();
    HttpResponse<String> response = post("/v1/chat/completions", ask(",\"logprobs\":true"));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    JsonNode answer = JSON.readTree(response.body());
    assertThat(answer.at("/choices/0/message/content").asText()).isEqualTo("w0 w1 w2 w3 w4 ");
    assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("length");
    assertThat(answer.at("/choices/0/logprobs/content")).hasSize(5);
    assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(5);
    assertThat(response.headers().firstValue("x-dgrid-job-id")).isPresent();
    assertThat(response.headers().firstValue("x-request-id")).isPresent();
  }

  @Test
  void wishForASecondWorkerGoesWithTheJob() throws Exception {
    fund();

    post("/v1/chat/completions", ask(",\"hedge_after_ms\":250"));

    assertThat(scheduler.taken.take().getHedgeAfterMs()).isEqualTo(250);
  }

  @Test
  void streamEndsWithUsageAndDone() throws Exception {
    fund();
    HttpResponse<String> response =
        post(
            "/v1/chat/completions",
            ask(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
    List<String> events =
        response.body().lines().filter(l -> !l.isEmpty()).map(l -> l.substring(6)).toList();
    assertThat(response.headers().firstValue("content-type").orElseThrow())
        .startsWith("text/event-stream");
    assertThat(events.getLast()).isEqualTo("[DONE]");
    assertThat(JSON.readTree(events.getFirst()).at("/choices/0/delta/role").asText())
        .isEqualTo("assistant");
    StringBuilder text = new StringBuilder();
    for (String event : events.subList(0, events.size() - 1)) {
      text.append(JSON.readTree(event).at("/choices/0/delta/content").asText());
    }
    assertThat(text).hasToString("w0 w1 w2 w3 w4 ");
    JsonNode usage = JSON.readTree(events.get(events.size() - 2));
    assertThat(usage.path("choices")).isEmpty();
    assertThat(usage.at("/usage/completion_tokens").asInt()).isEqualTo(5);
  }

  @Test
  void textCompletion() throws Exception {
    fund();
    HttpResponse<String> response =
        post(
            "/v1/completions",
            "{\"model\":\"dgrid/demo-1m\",\"prompt\":\"Once\",\"max_tokens\":3,\"max_price\":\"5000000\"}");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(JSON.readTree(response.body()).at("/choices/0/text").asText())
        .isEqualTo("w0 w1 w2 ");
  }

  @Test
  void edgeConfirmsTheReceiptWithAVoucherOfItsGrant() throws Exception {
    fund();
    post("/v1/chat/completions", ask(""));
    GetChannelResponse pay =
        accounts.getChannel(
            GetChannelRequest.newBuilder()
                .setClient(Wire.bytes(client.address()))
                .setNode(Wire.bytes(scheduler.node.address()))
                .build());
    assertThat(pay.getUnconfirmedCount()).isZero();
    var step = VoucherCodec.fromWire(pay.getNewest());
    assertThat(step.voucher().isBy(edgeKey.address(), TestNetwork.DOMAIN)).isTrue();
    assertThat(step.voucher().statement().receiptCount()).isEqualTo(2);
    assertThat(step.receipts()).hasSize(1);
  }

  @Test
  void clientThatHangsUpHasItsJobCancelled() throws Exception {
    fund();
    scheduler.holdAt = 2;
    HttpResponse<java.io.InputStream> stream =
        http.send(
            request("/v1/chat/completions", ask(",\"stream\":true")), BodyHandlers.ofInputStream());
    assertThat(stream.body().read()).isPositive();
    scheduler.commands.clear();
    long hungUpAt = System.nanoTime();
    stream.body().close();
    var command = scheduler.commands.poll(5, TimeUnit.SECONDS);
    long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - hungUpAt);
    assertThat(command).isNotNull();
    assertThat(command.hasCancel()).isTrue();
    System.out.printf("hang-up to cancel at the scheduler: %d ms%n", took);
    // Far below any grace: nobody can come back for an HTTP answer.
    assertThat(took).isLessThan(450);
  }

  @Test
  void streamThatCannotBeToldToItsEndEndsWithAnErrorEvent() throws Exception {
    fund();
    scheduler.holdAt = 2;
    try (BufferedReader stream = openStream()) {
      scheduler.commands.clear();
      edge.abortsStreams();
      assertThat(errorAtTheEndOf(stream)).isEqualTo("UNAVAILABLE");
    }
    assertThat(scheduler.commands.poll(5, TimeUnit.SECONDS).hasCancel())
        .as("nobody can resume it")
        .isTrue();
  }

  @Test
  void jobThatFailsInTheMiddleOfItsStreamEndsItWithAnErrorEvent() throws Exception {
    fund();
    scheduler.holdAt = 2;
    try (BufferedReader stream = openStream()) {
      JobServiceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(10, TimeUnit.SECONDS)
          .cancel(CancelRequest.newBuilder().setJobId(scheduler.taken.take().getJobId()).build());
      assertThat(errorAtTheEndOf(stream)).isEqualTo("CANCELLED");
    }
  }

  private BufferedReader openStream() throws Exception {
    HttpResponse<java.io.InputStream> response =
        http.send(
            request("/v1/chat/completions", ask(",\"stream\":true")), BodyHandlers.ofInputStream());
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    while (!reader.readLine().contains("w1")) {}
    return reader;
  }

  private static String errorAtTheEndOf(BufferedReader stream) throws IOException {
    List<String> rest = stream.lines().filter(line -> !line.isEmpty()).toList();
    assertThat(rest).noneMatch(line -> line.contains("[DONE]"));
    return JSON.readTree(rest.getLast().substring("data: ".length())).at("/error/code").asText();
  }

  @Test
  void everyFailureIsAnErrorObject() throws Exception {
    fails(400, "INVALID_REQUEST", post("/v1/chat/completions", "{"));
    fails(400, "INVALID_REQUEST", post("/v1/chat/completions", ask(",\"temprature\":1")));
    fails(404, "UNKNOWN_MODEL", post("/v1/chat/completions", ask("").replace("demo-1m", "none")));
    fails(
        400,
        "EMPTY_PROMPT",
        post("/v1/chat/completions", ask("").replace("\"content\":\"hi\"", "\"content\":\"\"")));
    fails(404, "UNKNOWN_URL", post("/v1/embeddings", "{}"));
    fails(413, "REQUEST_TOO_LARGE", post("/v1/chat/completions", " ".repeat(3 << 20)));
    HttpResponse<String> get =
        http.send(
            HttpRequest.newBuilder(base.resolve("/v1/chat/completions")).GET().build(),
            BodyHandlers.ofString());
    fails(405, "METHOD_NOT_ALLOWED", get);
    HttpResponse<String> nobody =
        http.send(
            HttpRequest.newBuilder(base.resolve("/v1/models")).GET().build(),
            BodyHandlers.ofString());
    fails(401, "INVALID_API_KEY", nobody);
  }

  @Test
  void missingGrantOrCreditIsSaid() throws Exception {
    fails(401, "INVALID_SIGNATURE", post("/v1/chat/completions", ask("")));
    move(granted());
    awaitStatus(429);
    HttpResponse<String> broke = post("/v1/chat/completions", ask(""));
    fails(429, "INSUFFICIENT_CREDIT", broke);
    assertThat(broke.headers().firstValue("x-should-retry")).contains("false");
  }

  @Test
  void keyThatIsUsedTooFastIsToldWhenToComeBack() throws Exception {
    HttpResponse<String> limited = null;
    for (int i = 0; i < 500 && (limited == null || limited.statusCode() != 429); i++) {
      limited = models();
    }
    fails(429, "RATE_LIMITED", limited);
    assertThat(JSON.readTree(limited.body()).at("/error/type").asText())
        .isEqualTo("rate_limit_error");
    assertThat(limited.headers().firstValue("retry-after")).contains("1");
    assertThat(limited.headers().firstValueAsLong("retry-after-ms").orElseThrow())
        .isBetween(1L, 1000L);
    assertThat(limited.headers().firstValue("x-should-retry")).isEmpty();
  }

  @Test
  void revokedKeyIsRefusedAtOnce() throws Exception {
    assertThat(models().statusCode()).isEqualTo(200);
    long until = System.currentTimeMillis() + 60_000;
    ApiKeyRevocation wish =
        new ApiKeyRevocation(client.address(), Hash.of(key.getKeyId().toByteArray()), 2, until);
    accounts.revokeApiKey(
        RevokeApiKeyRequest.newBuilder()
            .setClient(Wire.bytes(client.address()))
            .setKeyId(key.getKeyId())
            .setNonce(2)
            .setValidBefore(until)
            .setSignature(signature(wish))
            .build());
    fails(401, "INVALID_API_KEY", models());
  }

  private HttpResponse<String> models() throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(base.resolve("/v1/models"))
            .header("authorization", "Bearer " + key.getSecret())
            .build(),
        BodyHandlers.ofString());
  }

  private static String ask(String extra) {
    return QUESTION.formatted(extra);
  }

  private HttpResponse<String> post(String path, String body)
      throws IOException, InterruptedException {
    return http.send(request(path, body), BodyHandlers.ofString());
  }

  private HttpRequest request(String path, String body) {
    return HttpRequest.newBuilder(base.resolve(path))
        .timeout(Duration.ofSeconds(30))
        .header("authorization", "Bearer " + key.getSecret())
        .header("content-type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private static void fails(int status, String code, HttpResponse<String> response)
      throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = JSON.readTree(response.body()).path("error");
    assertThat(error.path("code").asText()).isEqualTo(code);
    assertThat(error.path("message").asText()).isNotBlank();
    assertThat(response.headers().firstValue("x-request-id")).isPresent();
  }

  private CreateApiKeyResponse createKey() {
    long until = System.currentTimeMillis() + 60_000;
    long expiry = until + 3_600_000;
    var cap = io.dgrid.core.money.TokenAmount.of(1_000_000);
    ApiKeyCreation wish = new ApiKeyCreation(client.address(), "test", cap, expiry, 1, until);
    return accounts.createApiKey(
        CreateApiKeyRequest.newBuilder()
            .setClient(Wire.bytes(client.address()))
            .setLabel("test")
            .setSpendCap(cap.toString())
            .setExpiry(expiry)
            .setNonce(1)
            .setValidBefore(until)
            .setSignature(signature(wish))
            .build());
  }

  private com.google.protobuf.ByteString signature(Statement statement) {
    return Wire.bytes(client.sign(statement.digest(TestNetwork.DOMAIN)));
  }

  private void fund() throws Exception {
    move(granted());
    move(
        Movement.newBuilder()
            .setDeposited(
                Deposited.newBuilder().setClient(bytes(client.address())).setAmount("1000000")));
    awaitStatus(200);
    scheduler.reset();
  }

  /** Chain facts arrive in their own time: a question shows when they did. */
  private void awaitStatus(int status) throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    int seen = post("/v1/chat/completions", ask("")).statusCode();
    while (seen != status && System.nanoTime() < until) {
      // Slower than the key's rate.
      TimeUnit.MILLISECONDS.sleep(100);
      seen = post("/v1/chat/completions", ask("")).statusCode();
    }
    assertThat(seen).isEqualTo(status);
  }

  private Movement.Builder granted() {
    return Movement.newBuilder()
        .setKeyGranted(
            KeyGranted.newBuilder()
                .setClient(bytes(client.address()))
                .setKey(bytes(edgeKey.address()))
                .setSpendCap("1000000")
                .setExpiry(System.currentTimeMillis() + 3_600_000)
                .setScope(Wire.bytes(Hash.ZERO)));
  }

  private void move(Movement.Builder movement) throws Exception {
    byte[] block = new byte[32];
    new java.security.SecureRandom().nextBytes(block);
    try (var producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", TestNetwork.broker().bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer
          .send(
              new ProducerRecord<>(
                  "dgrid.chain.v1.movements",
                  movement
                      .setBlockHash(com.google.protobuf.ByteString.copyFrom(block))
                      .build()
                      .toByteArray()))
          .get(10, TimeUnit.SECONDS);
    }
  }

  private static com.google.protobuf.ByteString bytes(Address address) {
    return Wire.bytes(address);
  }
}
