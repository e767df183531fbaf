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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps a fixed number of streaming completions in flight at one server. A refusal for its rate or
 * load, or a lost connection, is counted, waited out, and tried again.
 */
final class HttpLoad {
  /** Seconds after which an answer counts as lost: none of these takes that long. */
  private static final int SILENCE = 30;

  /** Milliseconds before an answer that was lost is asked for again. */
  private static final long PAUSE = 100;

  private final HttpClient client;
  private final Target target;
  private final Vertx vertx;
  private final AtomicInteger started = new AtomicInteger();

  /**
   * Whom to ask.
   *
   * @param keys bearer secrets, used in turn; empty without any
   */
  record Target(String name, int port, List<String> keys, String model) {}

  HttpLoad(Vertx vertx, Target target) {
    this.vertx = vertx;
    this.target = target;
    client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setDefaultHost("127.0.0.1")
                .setDefaultPort(target.port())
                .setIdleTimeout(SILENCE),
            new PoolOptions().setHttp1MaxSize(2048));
  }

  /**
   * @param tokens of every answer
   * @throws IllegalStateException naming the first answer that was not whole
   */
  Latencies run(int concurrency, int tokens, Duration duration) {
    Run run = new Run(concurrency, tokens, System.nanoTime() + duration.toNanos());
    long begin = System.nanoTime();
    for (int i = 0; i < concurrency; i++) {
      String key = target.keys().isEmpty() ? "" : target.keys().get(i % target.keys().size());
      // On the thread that brings the answer: a fast one would be over before it is listened to.
      vertx.runOnContext(begun -> run.next(key));
    }
    run.done.join();
    return run.latencies.over(Duration.ofNanos(System.nanoTime() - begin));
  }

  /** Answers that have begun since this was made. */
  int started() {
    return started.get();
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

    private void next(String key) {
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
                if (!key.isEmpty()) {
                  request.putHeader("authorization", "Bearer " + key);
                }
                return request.send(body);
              })
          .onSuccess(response -> read(response, begin, key))
          .onFailure(lost -> again(key, PAUSE));
    }

    private void read(HttpClientResponse response, long begin, String key) {
      Buffer all = Buffer.buffer();
      long[] first = {0};
      response.handler(
          piece -> {
            if (first[0] == 0) {
              first[0] = System.nanoTime();
              if (response.statusCode() == 200) {
                started.incrementAndGet();
              }
            }
            all.appendBuffer(piece);
          });
      response.exceptionHandler(lost -> again(key, PAUSE));
      response.endHandler(
          end -> {
            String text = all.toString();
            String wait = response.getHeader("retry-after-ms");
            if (isRefusal(response.statusCode()) && wait != null) {
              again(key, Math.max(1, Long.parseLong(wait)));
              return;
            }
            if (response.statusCode() != 200 || !text.endsWith("data: [DONE]\n\n")) {
              done.completeExceptionally(
                  new IllegalStateException(
                      target.name() + " answered " + response.statusCode() + ": " + text));
            } else {
              latencies.add(first[0] - begin, System.nanoTime() - begin, tokens);
            }
            next(key);
          });
    }

    private void again(String key, long pause) {
      latencies.refused();
      vertx.setTimer(pause, timer -> next(key));
    }

    private static boolean isRefusal(int status) {
      return status == 429 || status == 503;
    }
  }
}
