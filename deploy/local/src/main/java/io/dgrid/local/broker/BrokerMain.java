package io.dgrid.local.broker;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The broker as its own process: {@code BrokerMain --port N --advertised-port N --controller-port N
 * --data DIR}. Stops on SIGTERM.
 */
public final class BrokerMain {
  private static final Set<String> OPTIONS =
      Set.of("--port", "--advertised-port", "--controller-port", "--data");

  private BrokerMain() {}

  public static void main(String[] args) {
    Map<String, String> options = parse(args);
    int port = Integer.parseInt(options.getOrDefault("--port", ""));
    int advertised = Integer.parseInt(options.getOrDefault("--advertised-port", ""));
    int controllerPort = Integer.parseInt(options.getOrDefault("--controller-port", ""));
    Path data = Path.of(options.getOrDefault("--data", ""));
    EmbeddedBroker broker = EmbeddedBroker.start(port, advertised, controllerPort, data);
    Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "broker-stop"));
    System.out.println("broker ready on " + broker.bootstrapServers());
    broker.awaitShutdown();
  }

  private static Map<String, String> parse(String[] args) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) {
      options.put(args[i], args[i + 1]);
    }
    if (!options.keySet().equals(OPTIONS)) {
      System.err.println(
          "usage: BrokerMain --port N --advertised-port N --controller-port N --data DIR");
      System.exit(2);
    }
    return options;
  }
}
