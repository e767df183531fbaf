package io.dgrid.acceptance.faults;

import io.dgrid.core.identity.ModelId;
import io.dgrid.core.model.Catalogue;
import io.dgrid.local.Checkout;
import io.dgrid.local.Ports;
import io.dgrid.local.Ports.Slot;
import io.dgrid.local.Wiring;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts a {@link FaultProxy} on every way between two processes of a local network. */
final class Links implements Wiring, AutoCloseable {
  private static final Pattern ADDRESS = Pattern.compile("127\\.0\\.0\\.1:(\\d+)");

  /** A process's own address, which it names to those who shall call it. */
  private static final Set<String> OWN_ADDRESS =
      Set.of("dgrid.edge.relay-address", "dgrid.scheduler.advertised-address");

  private final Map<Integer, String> listeners = new HashMap<>();
  private final Map<Link, FaultProxy> proxies = new LinkedHashMap<>();

  Links(Ports ports, Shape shape) {
    listeners.put(ports.of(Slot.KAFKA), "kafka");
    listeners.put(ports.of(Slot.POSTGRES), "postgres");
    listeners.put(ports.of(Slot.CHAIN), "chain");
    listeners.put(ports.of(Slot.SETTLEMENT_GRPC), "settlement");
    listeners.put(ports.of(Slot.ORACLE_GRPC), "oracle");
    for (int i = 0; i < shape.edges(); i++) {
      listeners.put(ports.of(Slot.EDGE_GRPC, i), "edge-" + i);
    }
    for (int i = 0; i < shape.schedulers(); i++) {
      listeners.put(ports.of(Slot.SCHEDULER_GRPC, i), "scheduler-" + i);
    }
  }

  @Override
  public synchronized int advertised(int brokerPort) {
    return port(Link.ANYBODY, brokerPort);
  }

  @Override
  public synchronized Map<String, String> settings(String process, Map<String, String> settings) {
    Map<String, String> wired = new LinkedHashMap<>(settings);
    wired.replaceAll((key, value) -> rewired(process, key, value));
    if (process.startsWith("scheduler-")) {
      wired.put("dgrid.scheduler.market.spread.\"" + demoModel() + "\"", "4");
    }
    return wired;
  }

  /**
   * Its jobs are on several partitions, so that each fault meets several owners where there are.
   */
  private static ModelId demoModel() {
    return Catalogue.read(Checkout.root().resolve("deploy/local/catalogue"))
        .find("dgrid/demo-1m")
        .orElseThrow()
        .manifest()
        .id();
  }

  private String rewired(String process, String key, String value) {
    return ADDRESS
        .matcher(value)
        .replaceAll(
            found ->
                Matcher.quoteReplacement(
                    "127.0.0.1:"
                        + port(
                            from(process, key, found.group(1)), Integer.parseInt(found.group(1)))));
  }

  private String from(String process, String key, String port) {
    boolean shared =
        OWN_ADDRESS.contains(key) || "kafka".equals(listeners.get(Integer.parseInt(port)));
    return shared ? Link.ANYBODY : process;
  }

  /** Where {@code from} finds the listener; the listener's own port when that is not ours. */
  private int port(String from, int listener) {
    String to = listeners.get(listener);
    return to == null
        ? listener
        : proxies.computeIfAbsent(new Link(from, to), link -> new FaultProxy(listener)).port();
  }

  /**
   * @throws IllegalArgumentException when the network has no such link
   */
  synchronized FaultProxy proxy(Link link) {
    FaultProxy proxy = proxies.get(link);
    if (proxy == null) {
      throw new IllegalArgumentException("no link " + link + ", there are " + proxies.keySet());
    }
    return proxy;
  }

  @Override
  public synchronized void close() {
    proxies.values().forEach(FaultProxy::close);
  }
}
