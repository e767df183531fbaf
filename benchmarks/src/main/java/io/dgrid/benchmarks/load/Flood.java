package io.dgrid.benchmarks.load;

import io.dgrid.local.LocalNetwork;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What a quiet account sees alone, and beside another account that asks for all it can get. */
final class Flood {
  private static final List<Integer> QUIET = List.of(1, 4);

  /** More than one account may have: the rest of it is refused and comes back. */
  private static final int FLOODING = 128;

  private static final int TOKENS = 8;

  /** Until a flood has filled what it can fill, and until it has made room again. */
  private static final Duration RISING = Duration.ofSeconds(3);

  /** No answer is here that soon, so there is no second one. */
  private static final Duration ONE_ANSWER = Duration.ofMillis(5);

  private final HttpLoad quiet;
  private final Vertx others = Vertx.vertx();
  private final HttpLoad flooding;
  private final Measurement.Times times;
  private final Report report;

  /**
   * @param keys of the quiet account and of the one that floods
   */
  Flood(
      Vertx vertx,
      LocalNetwork network,
      List<String> keys,
      Measurement.Times times,
      Report report) {
    int port = URI.create(network.describe().edges().getFirst().http()).getPort();
    quiet = new HttpLoad(vertx, target("the quiet account", port, keys.getFirst()));
    flooding = new HttpLoad(others, target("the flooding account", port, keys.getLast()));
    this.times = times;
    this.report = report;
  }

  private static HttpLoad.Target target(String name, int port, String key) {
    return new HttpLoad.Target(name, port, List.of(key), Load.MODEL);
  }

  void run() throws InterruptedException {
    try {
      quiet.run(QUIET.getLast(), TOKENS, times.warmUp().dividedBy(2));
      flooding.run(FLOODING, TOKENS, times.warmUp().dividedBy(2));
      for (int concurrency : QUIET) {
        Latencies alone = quiet.run(concurrency, TOKENS, times.each());
        CompletableFuture<Latencies> flood =
            CompletableFuture.supplyAsync(
                () -> flooding.run(FLOODING, TOKENS, times.each().plus(RISING.multipliedBy(3))));
        Thread.sleep(RISING);
        Latencies first = quiet.run(1, TOKENS, ONE_ANSWER);
        quiet.run(concurrency, TOKENS, RISING);
        Latencies beside = quiet.run(concurrency, TOKENS, times.each());
        report.flood(concurrency, alone, first, beside, FLOODING, flood.join());
      }
    } finally {
      others.close();
    }
  }
}
