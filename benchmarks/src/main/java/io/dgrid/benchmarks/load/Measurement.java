package io.dgrid.benchmarks.load;

import io.dgrid.local.LocalNetwork;
import io.dgrid.local.NetworkFile;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What is measured of one network. */
final class Measurement {
  /** Streams that are open at once when memory is looked at. */
  static final int MOST_OPEN = 512;

  private static final List<Integer> CONCURRENCY = List.of(1, 16, 64, 256, 512);
  private static final int USUAL = 16;
  private static final int TOKENS = 8;
  private static final int LONG_ANSWER = 440;
  private static final int KAFKA_RECORDS = 1_000;
  private static final int RELAYED = 100_000;

  /** Longer than finished streams are kept here. */
  private static final Duration FORGETTING = Duration.ofSeconds(6);

  /** For what follows after the last answer: receipts, verdicts, batches. */
  private static final Duration SETTLING = Duration.ofSeconds(3);

  /**
   * @param each how long a row is measured
   * @param warmUp how long the network is loaded before the first row
   */
  record Times(Duration each, Duration warmUp) {}

  private final HttpLoad direct;
  private final HttpLoad proxied;
  private final HttpLoad dgrid;
  private final Child engine;
  private final NetworkFile network;
  private final List<NetworkFile.Member> processes;
  private final Times times;
  private final Report report;

  Measurement(
      Vertx vertx,
      Child engine,
      Child proxy,
      LocalNetwork local,
      List<String> keys,
      Times times,
      Report report) {
    this.engine = engine;
    this.network = local.describe();
    this.times = times;
    this.report = report;
    direct = load(vertx, "engine", engine.port(), List.of());
    proxied = load(vertx, "proxy", proxy.port(), List.of());
    int http = URI.create(network.edges().getFirst().http()).getPort();
    dgrid = load(vertx, "dgrid", http, keys);
    processes = new ArrayList<>(network.processes());
    processes.add(member("engine", engine.process().pid()));
    processes.add(member("proxy", proxy.process().pid()));
    processes.add(member("client", ProcessHandle.current().pid()));
  }

  private static HttpLoad load(Vertx vertx, String name, int port, List<String> keys) {
    return new HttpLoad(vertx, new HttpLoad.Target(name, port, keys, Load.MODEL));
  }

  private static NetworkFile.Member member(String name, long pid) {
    return new NetworkFile.Member(name, pid, null);
  }

  /** Every row. */
  void whole() throws Exception {
    warmUp();
    report.idle(idle());
    for (int concurrency : CONCURRENCY) {
      report.row(Report.ENGINE, concurrency, measure(direct, concurrency, TOKENS));
      report.row(Report.PROXY, concurrency, measure(proxied, concurrency, TOKENS));
      report.row(Report.DGRID, concurrency, measure(dgrid, concurrency, TOKENS));
    }
    KafkaLoop kafka = new KafkaLoop(network.kafka());
    report.kafka(kafka.run(KAFKA_RECORDS));
    report.durable(kafka.transactions(KAFKA_RECORDS / 2), DiskLoop.run(KAFKA_RECORDS / 2));
    report.relay(measure(dgrid, USUAL, LONG_ANSWER), TOKENS, LONG_ANSWER);
    report.plainRelay(new GrpcRelay().run(USUAL, RELAYED));
    report.memory(perStream(), MOST_OPEN);
  }

  /** One row, to be held against the same row of a smaller network. */
  void again() {
    warmUp();
    report.grown(measure(dgrid, USUAL, TOKENS));
  }

  private void warmUp() {
    dgrid.run(USUAL, TOKENS, times.warmUp().multipliedBy(3).dividedBy(4));
    dgrid.run(4 * USUAL, TOKENS, times.warmUp().dividedBy(4));
    direct.run(USUAL, TOKENS, times.each());
    proxied.run(USUAL, TOKENS, times.each());
  }

  /**
   * @param micros processor time per answer and process
   */
  record Row(Latencies latencies, Map<String, Double> micros) {}

  /** Microseconds of processor time in a second without a job, by process. */
  private Map<String, Double> idle() throws InterruptedException {
    Thread.sleep(SETTLING);
    Map<String, Double> before = Cpu.of(processes);
    long begin = System.nanoTime();
    Thread.sleep(times.each());
    double seconds = (System.nanoTime() - begin) / 1e9;
    Map<String, Double> micros = new LinkedHashMap<>();
    Cpu.of(processes)
        .forEach((name, after) -> micros.put(name, (after - before.get(name)) / seconds));
    return micros;
  }

  private Row measure(HttpLoad load, int concurrency, int tokens) {
    Map<String, Double> before = Cpu.of(processes);
    Latencies seen = load.run(concurrency, tokens, times.each());
    Map<String, Double> micros = new LinkedHashMap<>();
    Cpu.of(processes)
        .forEach((name, after) -> micros.put(name, (after - before.get(name)) / seen.count()));
    return new Row(seen, micros);
  }

  /** Bytes on each heap per stream that is open and waits for its second token. */
  private Map<String, Double> perStream() throws Exception {
    List<NetworkFile.Member> jvms =
        network.processes().stream()
            .filter(p -> p.name().matches("(edge|scheduler|worker)-.*"))
            .toList();
    Thread.sleep(FORGETTING);
    Map<String, Double> before = Memory.live(jvms);
    int started = dgrid.started();
    engine("/hold");
    CompletableFuture<Latencies> open =
        CompletableFuture.supplyAsync(() -> dgrid.run(MOST_OPEN, TOKENS, Duration.ofSeconds(1)));
    while (dgrid.started() < started + MOST_OPEN) {
      Thread.sleep(10);
    }
    Map<String, Double> bytes = new LinkedHashMap<>();
    Memory.live(jvms)
        .forEach((name, live) -> bytes.put(name, (live - before.get(name)) / MOST_OPEN));
    engine("/release");
    open.join();
    return bytes;
  }

  private void engine(String path) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + engine.port() + path))
              .POST(HttpRequest.BodyPublishers.noBody())
              .build(),
          HttpResponse.BodyHandlers.discarding());
    }
  }
}
