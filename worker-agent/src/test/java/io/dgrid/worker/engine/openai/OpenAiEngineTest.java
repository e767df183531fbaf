package io.dgrid.worker.engine.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.engine.FinishedGeneration;
import io.dgrid.worker.engine.GenerateRequest;
import io.dgrid.worker.engine.Generation;
import io.dgrid.worker.engine.Prompt;
import io.dgrid.worker.engine.ScoreRequest;
import io.dgrid.worker.engine.ScoreResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine against a real HTTP server, friendly and hostile. */
class OpenAiEngineTest {
  private static final Tokenizer TOKENIZER =
      Catalogue.read(Path.of(System.getProperty("dgrid.root"), "deploy/local/catalogue"))
          .find("dgrid/demo-1m")
          .orElseThrow()
          .tokenizer()
          .orElseThrow();
  private static final int[] PROMPT = {0, 1, 2};

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Integer> ids = new ArrayList<>();
  private final List<Integer> logprobs = new ArrayList<>();
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private final CountDownLatch released = new CountDownLatch(1);
  private HttpServer server;
  private volatile JsonNode received;

  /** What the server does after it read the request. */
  private interface Answer {
    void write(HttpExchange exchange, OutputStream out) throws Exception;
  }

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void stop() {
    released.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void oneEventMayHoldSeveralTokensAndEverySamplingFieldIsStated() throws Exception {
    int[] answer = TOKENIZER.encode("DGrid is an open network");
    stream(
        (exchange, out) -> {
          event(out, vllm(answer, 0, 2, null));
          event(out, vllm(answer, 2, answer.length, "stop"));
          event(
              out,
              "{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":%d}}"
                  .formatted(answer.length));
          event(out, "[DONE]");
        });
    FinishedGeneration finished = run(Dialect.VLLM, 100);
    assertThat(finished.reason()).isEqualTo(FinishReason.STOP);
    assertThat(finished.outputTokens()).isEqualTo(answer.length);
    assertThat(ids).containsExactlyElementsOf(java.util.Arrays.stream(answer).boxed().toList());
    assertThat(logprobs).containsOnly(1024);
    assertThat(text.toString(StandardCharsets.UTF_8)).isEqualTo("DGrid is an open network");
    assertThat(received.fieldNames())
        .toIterable()
        .contains(
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "seed",
            "repetition_penalty",
            "presence_penalty",
            "frequency_penalty",
            "max_tokens",
            "stop",
            "n");
    assertThat(received.path("prompt")).hasSize(3);
    assertThat(received.path("return_token_ids").booleanValue()).isTrue();
  }

  @Test
  void readsIdsWhereLlamaCppPutsThem() throws Exception {
    stream(
        (exchange, out) -> {
          event(
              out,
              "{\"choices\":[{\"text\":\"x\",\"finish_reason\":null,\"logprobs\":{\"content\":[{\"id\":40,\"logprob\":-0.5}]}}]}");
          event(out, "{\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}");
          event(out, "[DONE]");
        });
    assertThat(run(Dialect.LLAMACPP, 100).reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(ids).containsExactly(40);
    assertThat(received.path("repeat_penalty").doubleValue()).isEqualTo(1.0);
  }

  @Test
  void takesOnlyTheNewTailOfSglangsRepeatingStream() throws Exception {
    stream(
        (exchange, out) -> {
          event(out, sglang("[[-0.5,40,null]]", 1, "null"));
          event(out, sglang("[[-0.5,40,null],[-0.25,41,null]]", 2, "{\"type\":\"stop\"}"));
          event(out, "[DONE]");
        });
    assertThat(run(Dialect.SGLANG, 100).outputTokens()).isEqualTo(2);
    assertThat(ids).containsExactly(40, 41);
    assertThat(logprobs).containsExactly(1024, 512);
  }

  @Test
  void aStopStringIsFoundHereAndEndsTheExchange() throws Exception {
    int[] answer = TOKENIZER.encode("one two three four five six seven");
    stream(
        (exchange, out) -> {
          for (int i = 0; i < answer.length; i++) {
            event(out, vllm(answer, i, i + 1, null));
          }
          released.await();
        });
    SamplingParameters sampling = SamplingParameters.greedy().withStops(List.of("thr"));
    GenerateRequest request = GenerateRequest.of(Prompt.tokens(PROMPT), sampling, 100);
    FinishedGeneration finished =
        generate(engine(Dialect.VLLM, 1), request).finished().get(10, TimeUnit.SECONDS);
    assertThat(finished.reason()).isEqualTo(FinishReason.STOP);
    assertThat(text.toString(StandardCharsets.UTF_8)).isEqualTo("one two ");
    assertThat(received.path("stop")).isEmpty();
  }

  @Test
  void theWindowHoldsTokensBackUntilItMoves() throws Exception {
    stream(
        (exchange, out) -> {
          event(out, vllm(new int[] {40, 41, 42}, 0, 1, null));
          event(out, vllm(new int[] {40, 41, 42}, 1, 2, null));
          event(out, vllm(new int[] {40, 41, 42}, 2, 3, "stop"));
          event(out, "[DONE]");
        });
    GenerateRequest request =
        GenerateRequest.of(Prompt.tokens(PROMPT), SamplingParameters.greedy(), 100).allowedUntil(1);
    Generation generation = generate(engine(Dialect.VLLM, 1), request);
    CompletableFuture<FinishedGeneration> finished = generation.finished();
    assertThatThrownBy(() -> finished.get(300, TimeUnit.MILLISECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    synchronized (ids) {
      assertThat(ids).containsExactly(40);
    }
    generation.allowUntil(3);
    assertThat(finished.get(10, TimeUnit.SECONDS).outputTokens()).isEqualTo(3);
  }

  @Test
  void cancelHangsUpOnASilentServer() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    stream(
        (exchange, out) -> {
          event(out, vllm(new int[] {40}, 0, 1, null));
          asked.countDown();
          released.await();
        });
    Generation generation = generate(engine(Dialect.VLLM, 1), request(100));
    assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
    generation.cancel();
    assertThat(generation.finished().get(5, TimeUnit.SECONDS).reason())
        .isEqualTo(FinishReason.CANCELLED);
  }

  @Test
  void moreThanItsSlotsIsRefusedAndASlotComesBack() throws Exception {
    stream((exchange, out) -> released.await());
    OpenAiEngine engine = engine(Dialect.VLLM, 1);
    Generation first = generate(engine, request(10));
    assertError(EngineError.BUSY, () -> generate(engine, request(10)));
    first.cancel();
    first.finished().get(5, TimeUnit.SECONDS);
    generate(engine, request(10)).cancel();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "this is not json",
        "[]",
        "{\"choices\":3}",
        "{\"choices\":[{\"token_ids\":[40,41],\"logprobs\":{\"token_logprobs\":[-0.5]}}]}",
        "{\"choices\":[{\"token_ids\":[99999999],\"logprobs\":{\"token_logprobs\":[-0.5]}}]}",
        "{\"choices\":[{\"token_ids\":[-1],\"logprobs\":{\"token_logprobs\":[-0.5]}}]}",
        "{\"choices\":[{\"token_ids\":[40],\"logprobs\":{\"token_logprobs\":[NaN]}}]}",
        "{\"choices\":[{\"token_ids\":[40],\"logprobs\":{\"token_logprobs\":[0.7]}}]}",
        "{\"choices\":[{\"token_ids\":[40],\"logprobs\":{\"token_logprobs\":[null]}}]}",
        "{\"choices\":[{\"token_ids\":[40,41,42,43,44],\"logprobs\":{\"token_logprobs\":[-1,-1,-1,-1,-1]}}]}",
        "{\"choices\":[{}],\"usage\":{\"prompt_tokens\":77}}",
        "{\"choices\":[{}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":9}}",
        "{\"choices\":[{\"finish_reason\":\"content_filter\"}]}",
      })
  void nonsenseIsBrokenOutput(String event) {
    stream((exchange, out) -> event(out, event));
    assertError(EngineError.BROKEN_OUTPUT, () -> run(Dialect.VLLM, 4));
  }

  @Test
  void anEndlessLineIsCutWithBoundedMemory() {
    stream(
        (exchange, out) -> {
          byte[] block =
              "data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                  .repeat(100)
                  .getBytes(StandardCharsets.UTF_8);
          while (true) {
            out.write(block);
          }
        });
    assertError(EngineError.BROKEN_OUTPUT, () -> run(Dialect.VLLM, 4));
  }

  @Test
  void anEndlessStreamOfEmptyEventsIsCut() {
    stream(
        (exchange, out) -> {
          while (true) {
            event(out, "{\"choices\":[{\"text\":\"\"}]}");
          }
        });
    assertError(EngineError.BROKEN_OUTPUT, () -> run(Dialect.VLLM, 4));
  }

  @Test
  void anEarlyCloseIsNoAnswer() {
    stream((exchange, out) -> event(out, vllm(new int[] {40}, 0, 1, null)));
    assertError(EngineError.UPSTREAM_UNAVAILABLE, () -> run(Dialect.VLLM, 4));
  }

  @Test
  void doneWithoutAReasonIsNoAnswer() {
    stream((exchange, out) -> event(out, "[DONE]"));
    assertError(EngineError.UPSTREAM_UNAVAILABLE, () -> run(Dialect.VLLM, 4));
  }

  @Test
  void aStalledBodyTimesOut() {
    stream((exchange, out) -> released.await());
    assertError(EngineError.TIMEOUT, () -> run(Dialect.VLLM, 4));
  }

  @Test
  void anotherContentTypeAndErrorStatusesAreTyped() {
    answer(
        200, "text/html", (exchange, out) -> out.write("<html>".getBytes(StandardCharsets.UTF_8)));
    assertError(EngineError.UPSTREAM_REJECTED, () -> run(Dialect.VLLM, 4));
    answer(400, "application/json", (exchange, out) -> {});
    assertError(EngineError.UPSTREAM_REJECTED, () -> run(Dialect.VLLM, 4));
    answer(503, "application/json", (exchange, out) -> {});
    assertError(EngineError.UPSTREAM_UNAVAILABLE, () -> run(Dialect.VLLM, 4));
    answer(302, "text/event-stream", (exchange, out) -> {});
    assertError(EngineError.UPSTREAM_REJECTED, () -> run(Dialect.VLLM, 4));
  }

  @Test
  void anUnreachableServerIsUnavailable() {
    server.stop(0);
    assertError(EngineError.UPSTREAM_UNAVAILABLE, () -> run(Dialect.VLLM, 4));
  }

  @Test
  void scoresWithPromptLogprobs() throws Exception {
    answer(
        200,
        "application/json",
        (exchange, out) ->
            out.write(
                "{\"choices\":[{\"prompt_logprobs\":[null,{\"1\":{\"logprob\":-1}},{\"2\":{\"logprob\":-1}},{\"40\":{\"logprob\":-0.5}},{\"41\":{\"logprob\":-0.25},\"7\":{\"logprob\":-9}}]}]}"
                    .getBytes(StandardCharsets.UTF_8)));
    ScoreResult result = score(Dialect.VLLM);
    assertThat(result.logprobs()).containsExactly(1024, 512);
    assertThat(result.redrawn()).isEmpty();
    assertThat(received.path("prompt_logprobs").intValue()).isZero();
    assertThat(received.path("prompt")).hasSize(5);
  }

  @Test
  void scoresOfOtherTokensAreRefused() {
    answer(
        200,
        "application/json",
        (exchange, out) ->
            out.write(
                "{\"meta_info\":{\"input_token_logprobs\":[[-0.5,40,null],[-0.5,42,null]]}}"
                    .getBytes(StandardCharsets.UTF_8)));
    assertError(EngineError.BROKEN_OUTPUT, () -> score(Dialect.SGLANG));
  }

  private ScoreResult score(Dialect dialect) throws Exception {
    return engine(dialect, 1)
        .score(
            ScoreRequest.of(Prompt.tokens(PROMPT), new int[] {40, 41}, SamplingParameters.greedy()))
        .get(10, TimeUnit.SECONDS);
  }

  private FinishedGeneration run(Dialect dialect, int maxTokens) throws Exception {
    return generate(engine(dialect, 1), request(maxTokens)).finished().get(20, TimeUnit.SECONDS);
  }

  private static GenerateRequest request(int maxTokens) {
    return GenerateRequest.of(Prompt.tokens(PROMPT), SamplingParameters.greedy(), maxTokens);
  }

  private Generation generate(OpenAiEngine engine, GenerateRequest request) {
    return engine.generate(
        request,
        (position, newIds, newText, newLogprobs) -> {
          synchronized (ids) {
            for (int i = 0; i < newIds.length; i++) {
              ids.add(newIds[i]);
              logprobs.add(newLogprobs[i]);
            }
            text.writeBytes(newText);
          }
        });
  }

  private OpenAiEngine engine(Dialect dialect, int slots) {
    return new OpenAiEngine(
        new OpenAiEngineConfig(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
            "m",
            Optional.empty(),
            dialect,
            slots,
            512,
            true,
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            Duration.ofSeconds(15)),
        TOKENIZER);
  }

  private void stream(Answer answer) {
    answer(200, "text/event-stream; charset=utf-8", answer);
  }

  private void answer(int status, String type, Answer answer) {
    try {
      server.removeContext("/");
    } catch (IllegalArgumentException first) {
      // No earlier answer.
    }
    server.createContext(
        "/",
        exchange -> {
          received = new ObjectMapper().readTree(exchange.getRequestBody().readAllBytes());
          exchange.getResponseHeaders().add("Content-Type", type);
          exchange.sendResponseHeaders(status, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            out.flush();
            answer.write(exchange, out);
          } catch (Exception clientHungUp) {
            exchange.close();
          }
        });
  }

  private static void event(OutputStream out, String data) throws IOException {
    out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static String vllm(int[] all, int from, int until, String finish) {
    List<Integer> tokens = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    for (int i = from; i < until; i++) {
      tokens.add(all[i]);
      values.add(-0.5);
    }
    return "{\"choices\":[{\"text\":\"lies\",\"token_ids\":%s,\"logprobs\":{\"token_logprobs\":%s},\"finish_reason\":%s}]}"
        .formatted(tokens, values, finish == null ? "null" : "\"" + finish + "\"");
  }

  private static String sglang(String tokens, int total, String finish) {
    return "{\"text\":\"\",\"meta_info\":{\"prompt_tokens\":3,\"completion_tokens\":%d,\"output_token_logprobs\":%s,\"finish_reason\":%s}}"
        .formatted(total, tokens, finish);
  }

  private static void assertError(
      EngineError error, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .extracting(
            t ->
                t instanceof ExecutionException || t instanceof CompletionException
                    ? t.getCause()
                    : t)
        .isInstanceOfSatisfying(EngineException.class, e -> assertThat(e.error()).isEqualTo(error));
  }
}
