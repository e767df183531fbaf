package io.dgrid.benchmarks.load;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps a fixed number of streaming completions in flight at one server. */
final class HttpLoad {
  private final HttpClient client;
  private final Target target;

  /**
   * Whom to ask.
   *
   * @param key bearer secret; empty without one
   */
  record Target(String name, int port, String key, String model) {}

  HttpLoad(Vertx vertx, Target target) {
    this.target = target;
    client =
        vertx.createHttpClient(
            new HttpClientOptions().setDefaultHost("127.0.0.1").setDefaultPort(target.port()),
            new PoolOptions().setHttp1MaxSize(512));
  }

  /**
   * @param tokens of every answer
   * @throws IllegalStateException naming the first answer that was not whole
   */
  Latencies run(int concurrency, int tokens, Duration duration) {
    Run run = new Run(concurrency, tokens, System.nanoTime() + duration.toNanos());
    long begin = System.nanoTime();
    for (int i = 0; i < concurrency; i++) {
      run.next();
    }
    run.done.join();
    return run.latencies.over(Duration.ofNanos(System.nanoTime() - begin));
  }

  private final class Run {
    private final int tokens;
    private final long until;
    private final Buffer body;
    private final AtomicInteger loops;
    private final Latencies latencies = new Latencies();
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    private Run(int concurrency, int tokens, long until) {
      this.tokens = tokens;
      this.until = until;
      loops = new AtomicInteger(concurrency);
      body =
          new JsonObject()
              .put("model", target.model())
              .put("prompt", "What is DGrid?")
              .put("max_tokens", tokens)
              .put("temperature", 0)
              .put("stream", true)
              .toBuffer();
    }

    private void next() {
      if (System.nanoTime() >= until || done.isCompletedExceptionally()) {
        if (loops.decrementAndGet() == 0) {
          done.complete(null);
        }
        return;
      }
      long begin = System.nanoTime();
      client
          .request(HttpMethod.POST, "/v1/completions")
          .compose(
              request -> {
                request.putHeader("content-type", "application/json");
                if (!target.key().isEmpty()) {
                  request.putHeader("authorization", "Bearer " + target.key());
                }
                return request.send(body);
              })
          .onSuccess(response -> read(response, begin))
          .onFailure(done::completeExceptionally);
    }

    private void read(HttpClientResponse response, long begin) {
      Buffer all = Buffer.buffer();
      long[] first = {0};
      response.handler(
          piece -> {
            if (first[0] == 0) {
              first[0] = System.nanoTime();
            }
            all.appendBuffer(piece);
          });
      response.exceptionHandler(done::completeExceptionally);
      response.endHandler(
          end -> {
            String text = all.toString();
            if (response.statusCode() != 200 || !text.endsWith("data: [DONE]\n\n")) {
              done.completeExceptionally(
                  new IllegalStateException(
                      target.name() + " answered " + response.statusCode() + ": " + text));
            } else {
              latencies.add(first[0] - begin, System.nanoTime() - begin, tokens);
            }
            next();
          });
    }
  }
}
