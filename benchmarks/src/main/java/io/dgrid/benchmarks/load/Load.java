package io.dgrid.benchmarks.load;

import io.dgrid.core.model.Catalogue;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.local.Checkout;
import io.dgrid.local.LocalNetwork;
import io.dgrid.local.NetworkFile;
import io.dgrid.local.NetworkOptions;
import io.dgrid.local.Ports;
import io.dgrid.local.Progress;
import io.dgrid.local.Wiring;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Starts a network whose workers drive a server of fixed replies, and asks that server directly,
 * through a plain proxy, and through the network.
 */
public final class Load {
  private static final String MODEL = "dgrid/demo-1m";
  private static final List<Integer> CONCURRENCY = List.of(1, 16, 64);
  private static final int TOKENS = 8;
  private static final int LONG_ANSWER = 200;
  private static final int TOKEN_ID = 300;

  private final Vertx vertx = Vertx.vertx();
  private final Duration each;
  private final Report report = new Report();

  private Load(Duration each) {
    this.each = each;
  }

  /** {@code [SECONDS]}: how long each row is measured; 8 when not given. */
  public static void main(String[] args) throws Exception {
    if (args.length == 2 && args[0].equals("engine")) {
      new FixedEngine(TOKEN_ID, text())
          .serve(Vertx.vertx(), Integer.parseInt(args[1]), Load::print);
      return;
    }
    if (args.length == 2 && args[0].equals("proxy")) {
      Vertx vertx = Vertx.vertx();
      new PlainProxy(vertx, Integer.parseInt(args[1])).serve(vertx, Load::print);
      return;
    }
    int seconds = args.length == 0 ? 8 : Integer.parseInt(args[0]);
    Load load = new Load(Duration.ofSeconds(seconds));
    try {
      load.run();
    } finally {
      load.vertx.close();
    }
  }

  private static void print(int port) {
    System.out.println(port);
    System.out.flush();
  }

  private void run() throws Exception {
    Path data = Files.createTempDirectory("dgrid-load");
    try (Child engine = Child.start("engine", "0");
        Child proxy = Child.start("proxy", Integer.toString(engine.port()));
        LocalNetwork network =
            LocalNetwork.start(
                Checkout.root(),
                new NetworkOptions(1, 1, 1, data, Ports.from(0), false, wiring(engine.port())),
                new Progress(System.err),
                death -> System.err.println(death.describe()))) {
      measure(engine, proxy, network.describe());
    }
    System.out.print(report.markdown());
  }

  private void measure(Child engine, Child proxy, NetworkFile network) throws Exception {
    var direct = new HttpLoad(vertx, new HttpLoad.Target("engine", engine.port(), "", MODEL));
    var proxied = new HttpLoad(vertx, new HttpLoad.Target("proxy", proxy.port(), "", MODEL));
    int http = URI.create(network.edges().getFirst().http()).getPort();
    String key = Objects.requireNonNull(network.client().apiKey());
    var dgrid = new HttpLoad(vertx, new HttpLoad.Target("dgrid", http, key, MODEL));
    List<NetworkFile.Member> processes = network.processes();

    dgrid.run(16, TOKENS, each.multipliedBy(2));
    for (int concurrency : CONCURRENCY) {
      report.row(
          "engine, asked directly", concurrency, direct.run(concurrency, TOKENS, each), Map.of());
      double before = Cpu.of(proxy.process().pid());
      Latencies plain = proxied.run(concurrency, TOKENS, each);
      double used = Cpu.of(proxy.process().pid()) - before;
      report.row("plain Vert.x proxy", concurrency, plain, Map.of("proxy", used / plain.count()));
      Map<String, Double> idle = Cpu.of(processes);
      Latencies whole = dgrid.run(concurrency, TOKENS, each);
      Map<String, Double> perJob = new HashMap<>();
      Cpu.of(processes)
          .forEach((name, micros) -> perJob.put(name, (micros - idle.get(name)) / whole.count()));
      report.row("DGrid", concurrency, whole, perJob);
    }
    report.kafka(new KafkaLoop(network.kafka()).run(1_000));
    Latencies relayed = dgrid.run(16, LONG_ANSWER, each);
    report.relay(relayed.tokensPerSecond(), new GrpcRelay().run(16, 100_000));
  }

  private static Wiring wiring(int engine) {
    return new Wiring() {
      @Override
      public Map<String, String> settings(String process, Map<String, String> settings) {
        Map<String, String> changed = new HashMap<>(settings);
        if (process.startsWith("worker-")) {
          changed.put("dgrid.worker.engine", "openai");
          changed.put("dgrid.worker.openai.url", "http://127.0.0.1:" + engine);
          changed.put("dgrid.worker.slots", "128");
        } else if (process.startsWith("edge-")) {
          changed.put("dgrid.edge.admission.max-live-jobs", "10000");
        } else if (process.equals("oracle")) {
          // Nobody here can score; what is left is the default share of samples.
          changed.remove("dgrid.oracle.sample-rate");
        }
        return changed;
      }
    };
  }

  private static String text() {
    Tokenizer tokenizer =
        Catalogue.read(Checkout.root().resolve("deploy/local/catalogue"))
            .find(MODEL)
            .orElseThrow()
            .tokenizer()
            .orElseThrow();
    return tokenizer.decode(TOKEN_ID);
  }
}
