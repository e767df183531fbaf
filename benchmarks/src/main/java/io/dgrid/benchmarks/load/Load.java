package io.dgrid.benchmarks.load;

import io.dgrid.core.model.Catalogue;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.local.Checkout;
import io.dgrid.local.LocalNetwork;
import io.dgrid.local.NetworkOptions;
import io.dgrid.local.Ports;
import io.dgrid.local.Progress;
import io.dgrid.local.Wiring;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Starts networks whose workers drive a server of fixed replies, and asks that server directly,
 * through a plain proxy, and through the network.
 */
public final class Load {
  static final String MODEL = "dgrid/demo-1m";

  private static final int TOKEN_ID = 300;
  private static final int MANY = 10;

  /** What can be measured, each on a network of its own. */
  private enum Part {
    /** What an answer costs, held against an engine that is asked directly. */
    COSTS,
    /** The same with ten times the workers and clients. */
    GROWTH,
    /** What one account's flood costs another one. */
    FLOOD
  }

  private final Vertx vertx = Vertx.vertx();
  private final Measurement.Times times;

  private Load(Measurement.Times times) {
    this.times = times;
  }

  /**
   * {@code [SECONDS [WARM-UP [local|operator [PART...]]]]}: how long each row is measured (8), how
   * long the network is loaded before the first (60), how its JVMs are set (both, one after the
   * other), and which parts are measured (all).
   */
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
    Duration each = Duration.ofSeconds(args.length > 0 ? Integer.parseInt(args[0]) : 8);
    Duration warmUp = Duration.ofSeconds(args.length > 1 ? Integer.parseInt(args[1]) : 60);
    Set<Jvm> jvms =
        args.length > 2
            ? EnumSet.of(Jvm.valueOf(args[2].toUpperCase(Locale.ROOT)))
            : EnumSet.allOf(Jvm.class);
    Set<Part> parts =
        args.length > 3
            ? Stream.of(args)
                .skip(3)
                .map(part -> Part.valueOf(part.toUpperCase(Locale.ROOT)))
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Part.class)))
            : EnumSet.allOf(Part.class);
    Load load = new Load(new Measurement.Times(each, warmUp));
    try {
      for (Jvm jvm : jvms) {
        load.run(jvm, parts);
      }
    } finally {
      load.vertx.close();
    }
  }

  private static void print(int port) {
    System.out.println(port);
    System.out.flush();
  }

  private void run(Jvm jvm, Set<Part> parts) throws Exception {
    Report report = new Report(jvm, times);
    try (Child engine = Child.start("engine", "0");
        Child proxy = Child.start("proxy", Integer.toString(engine.port()))) {
      for (Part part : parts) {
        try (LocalNetwork network = start(part, jvm, engine.port())) {
          switch (part) {
            case COSTS -> {
              String key = network.describe().client().apiKey();
              new Measurement(vertx, engine, proxy, network, List.of(key), times, report).whole();
            }
            case GROWTH -> {
              List<String> clients = Clients.make(network, MANY, keys());
              new Measurement(vertx, engine, proxy, network, clients, times, report).again();
            }
            case FLOOD -> {
              List<String> clients = Clients.make(network, 2, keys());
              new Flood(vertx, network, clients, times, report).run();
            }
          }
        }
      }
    } finally {
      System.out.print(report.markdown());
      System.out.flush();
    }
  }

  private static Path keys() throws IOException {
    return Files.createTempDirectory("dgrid-load-keys");
  }

  private static LocalNetwork start(Part part, Jvm jvm, int engine) throws IOException {
    int workers = part == Part.GROWTH ? MANY : 1;
    Path data = Files.createTempDirectory("dgrid-load");
    return LocalNetwork.start(
        Checkout.root(),
        new NetworkOptions(
            1, 1, workers + 1, data, Ports.from(0), false, wiring(part, jvm, engine, workers)),
        new Progress(System.err),
        death -> System.err.println(death.describe()));
  }

  private static Wiring wiring(Part part, Jvm jvm, int engine, int workers) {
    return new Wiring() {
      @Override
      public List<String> java(String process, List<String> java) {
        return jvm.of(java);
      }

      @Override
      public Map<String, String> settings(String process, Map<String, String> settings) {
        Map<String, String> changed = new HashMap<>(settings);
        if (process.startsWith("worker-")) {
          changed.put("dgrid.worker.engine", "openai");
          changed.put("dgrid.worker.openai.url", "http://127.0.0.1:" + engine);
          changed.put("dgrid.worker.slots", Integer.toString(Measurement.MOST_OPEN * 2 / workers));
          changed.put("dgrid.worker.openai.scoring", "true");
          // All serve at one price but the last, which only verifies.
          int price = process.equals("worker-" + workers) ? 4 : 1;
          changed.put("dgrid.worker.price-input", price + "00000000000000000");
          changed.put("dgrid.worker.price-output", price + "00000000000000000");
        } else if (process.startsWith("edge-")) {
          // What is kept for who comes back would hide what an open stream takes.
          changed.put("dgrid.edge.streams.retention", "2s");
          if (part == Part.FLOOD) {
            return changed;
          }
          // One account, one address and one process ask for everything here.
          changed.put("dgrid.edge.limits.account-rate", "0");
          changed.put("dgrid.edge.limits.peer-rate", "0");
          changed.put("dgrid.edge.limits.turns-per-account", "64");
          changed.put("dgrid.edge.limits.max-waiting-per-account", "2048");
          changed.put("dgrid.edge.limits.max-wait", "30s");
          changed.put("dgrid.edge.admission.max-live-jobs", "10000");
        } else if (process.startsWith("scheduler-")) {
          changed.put("dgrid.scheduler.relay.retention", "2s");
        } else if (process.equals("oracle")) {
          // What an operator gets: all receipts of a new node, then less as its standing grows.
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
