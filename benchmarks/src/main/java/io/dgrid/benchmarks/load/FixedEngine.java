package io.dgrid.benchmarks.load;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.function.Consumer;

/**
 * An OpenAI-shaped server in vLLM's dialect that answers each request at once with {@code
 * max_tokens} times the same token, one event a token. So what is measured is never the model.
 */
final class FixedEngine {
  private static final String DONE = "data: [DONE]\n\n";

  private final Buffer token;

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
                .put("logprobs", new JsonObject().put("token_logprobs", new JsonArray().add(-0.5)))
                .putNull("finish_reason"));
  }

  /** Listens on loopback; the ready line tells the port. */
  void serve(Vertx vertx, int port, Consumer<Integer> ready) {
    vertx
        .createHttpServer()
        .requestHandler(request -> request.body().onSuccess(body -> answer(request, body)))
        .listen(port, "127.0.0.1")
        .onSuccess(server -> ready.accept(server.actualPort()))
        .onFailure(FixedEngine::exit);
  }

  private void answer(HttpServerRequest request, Buffer body) {
    JsonObject asked = body.toJsonObject();
    int tokens = asked.getInteger("max_tokens");
    int promptTokens = asked.getValue("prompt") instanceof JsonArray ids ? ids.size() : 1;
    Buffer answer = Buffer.buffer(token.length() * (tokens + 4));
    for (int i = 0; i < tokens; i++) {
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
    request.response().putHeader("content-type", "text/event-stream").end(answer);
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
