package io.dgrid.benchmarks.load;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * An OpenAI-shaped server in vLLM's dialect that answers each request at once with {@code
 * max_tokens} times the same token, one event a token. So what is measured is never the model. It
 * scores given tokens as it made them. After {@code POST /hold} answers stop after their first
 * token until {@code POST /release}.
 */
final class FixedEngine {
  private static final String DONE = "data: [DONE]\n\n";
  private static final double LOGPROB = -0.5;

  private final Buffer token;
  private final List<Runnable> held = new ArrayList<>();
  private boolean holding;

  /**
   * @param text of the token
   */
  FixedEngine(int tokenId, String text) {
    token =
        event(
            new JsonObject()
                .put("index", 0)
                .put("text", text)
                .put("token_ids", new JsonArray().add(tokenId))
                .put(
                    "logprobs",
                    new JsonObject().put("token_logprobs", new JsonArray().add(LOGPROB)))
                .putNull("finish_reason"));
  }

  /** Listens on loopback; the ready line tells the port. */
  void serve(Vertx vertx, int port, Consumer<Integer> ready) {
    vertx
        .createHttpServer()
        .requestHandler(this::handle)
        .listen(port, "127.0.0.1")
        .onSuccess(server -> ready.accept(server.actualPort()))
        .onFailure(FixedEngine::exit);
  }

  private void handle(HttpServerRequest request) {
    switch (request.path()) {
      case "/hold" -> hold(request, true);
      case "/release" -> hold(request, false);
      default -> request.body().onSuccess(body -> answer(request, body));
    }
  }

  private synchronized void hold(HttpServerRequest request, boolean on) {
    holding = on;
    if (!on) {
      held.forEach(Runnable::run);
      held.clear();
    }
    request.response().end();
  }

  private void answer(HttpServerRequest request, Buffer body) {
    JsonObject asked = body.toJsonObject();
    if (asked.containsKey("prompt_logprobs")) {
      request
          .response()
          .putHeader("content-type", "application/json")
          .end(scores(asked.getJsonArray("prompt")).toBuffer());
      return;
    }
    int tokens = asked.getInteger("max_tokens");
    int promptTokens = asked.getValue("prompt") instanceof JsonArray ids ? ids.size() : 1;
    Buffer answer = Buffer.buffer(token.length() * (tokens + 4));
    for (int i = 1; i < tokens; i++) {
      answer.appendBuffer(token);
    }
    answer.appendBuffer(
        event(
            new JsonObject()
                .put("index", 0)
                .put("text", "")
                .put("token_ids", new JsonArray())
                .put("logprobs", new JsonObject().put("token_logprobs", new JsonArray()))
                .put("finish_reason", "length")));
    answer.appendBuffer(
        frame(
            new JsonObject()
                .put("choices", new JsonArray())
                .put(
                    "usage",
                    new JsonObject()
                        .put("prompt_tokens", promptTokens)
                        .put("completion_tokens", tokens))));
    answer.appendString(DONE);
    HttpServerResponse response = request.response();
    response.putHeader("content-type", "text/event-stream");
    synchronized (this) {
      if (holding) {
        response.setChunked(true).write(token);
        held.add(() -> response.end(answer));
        return;
      }
    }
    response.end(token.copy().appendBuffer(answer));
  }

  /** What a verifier asks for: every token given is as likely as the ones made here. */
  private static JsonObject scores(JsonArray prompt) {
    JsonArray scores = new JsonArray().addNull();
    for (int i = 1; i < prompt.size(); i++) {
      JsonObject score = new JsonObject().put("logprob", LOGPROB);
      scores.add(new JsonObject().put(prompt.getInteger(i).toString(), score));
    }
    return new JsonObject()
        .put("choices", new JsonArray().add(new JsonObject().put("prompt_logprobs", scores)));
  }

  private static Buffer event(JsonObject choice) {
    return frame(new JsonObject().put("choices", new JsonArray().add(choice)));
  }

  private static Buffer frame(JsonObject data) {
    return Buffer.buffer("data: ").appendBuffer(data.toBuffer()).appendString("\n\n");
  }

  private static void exit(Throwable failure) {
    System.err.println("the engine cannot listen: " + failure.getMessage());
    System.exit(1);
  }
}
