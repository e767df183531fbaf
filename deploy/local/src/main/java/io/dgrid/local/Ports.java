package io.dgrid.local;

import io.dgrid.local.LocalNetworkException.Code;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Which port of loopback each part of a network listens on. Indexes count from 0. */
public final class Ports {
  /** The parts of a network with a port, and how many of each one network can have. */
  public enum Slot {
    EDGE_GRPC(9000, 0, 10),
    EDGE_HTTP(8080, 10, 10),
    SCHEDULER_GRPC(9100, 20, 10),
    SCHEDULER_HTTP(9150, 30, 10),
    SETTLEMENT_GRPC(9200, 40, 1),
    SETTLEMENT_HTTP(9250, 41, 1),
    ORACLE_GRPC(9300, 42, 1),
    ORACLE_HTTP(9350, 43, 1),
    KAFKA(9092, 44, 1),
    KAFKA_CONTROLLER(9093, 45, 1),
    // Not 5432: a PostgreSQL of the system may run there.
    POSTGRES(5433, 46, 1),
    CHAIN(8545, 47, 1),
    WORKER_HTTP(9400, 50, 50);

    private final int standard;
    private final int offset;
    private final int count;

    Slot(int standard, int offset, int count) {
      this.standard = standard;
      this.offset = offset;
      this.count = count;
    }

    public int count() {
      return count;
    }
  }

  private static final int SPAN = 100;
  // Below what systems use for outgoing connections, so that nobody takes a port between our look
  // and our use.
  private static final int LOWEST_FREE = 10_000;
  private static final int HIGHEST_FREE = 32_000;
  private static final int ATTEMPTS = 200;

  private final int base;

  private Ports(int base) {
    this.base = base;
  }

  /** The documented ports. */
  public static Ports standard() {
    return new Ports(-1);
  }

  /**
   * One hundred ports from {@code base}; 0 picks a free range.
   *
   * @throws IllegalArgumentException outside of 0 and 1024…65436
   */
  public static Ports from(int base) {
    if (base == 0) {
      return new Ports(freeRange());
    }
    if (base < 1024 || base + SPAN > 65_536) {
      throw new IllegalArgumentException(
          "port base must be 0 or from 1024 to " + (65_536 - SPAN) + ": " + base);
    }
    return new Ports(base);
  }

  public int of(Slot slot) {
    return of(slot, 0);
  }

  public int of(Slot slot, int index) {
    if (index < 0 || index >= slot.count) {
      throw new IllegalArgumentException(
          slot + " has at most " + slot.count + " ports, not " + (index + 1));
    }
    return (base < 0 ? slot.standard : base + slot.offset) + index;
  }

  /**
   * Checks that nobody listens on the given ports yet.
   *
   * @param needed who needs which port
   * @throws LocalNetworkException {@code PORT_IN_USE} naming every port that is taken
   */
  public static void requireFree(Map<String, Integer> needed) {
    Map<String, Integer> taken = new LinkedHashMap<>();
    needed.forEach(
        (who, port) -> {
          if (!isFree(port)) {
            taken.put(who, port);
          }
        });
    if (!taken.isEmpty()) {
      var text = new StringBuilder();
      taken.forEach(
          (who, port) ->
              text.append("port ").append(port).append(" (").append(who).append(") is in use; "));
      throw new LocalNetworkException(
          Code.PORT_IN_USE,
          text + "free it, or choose other ports with --port-base N (0 picks free ones)");
    }
  }

  /** That many distinct ports nobody listens on. */
  public static List<Integer> free(int count) {
    Set<Integer> found = new HashSet<>();
    List<Integer> ports = new ArrayList<>();
    for (int attempt = 0; attempt < ATTEMPTS && ports.size() < count; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST_FREE, HIGHEST_FREE);
      if (isFree(port) && found.add(port)) {
        ports.add(port);
      }
    }
    if (ports.size() < count) {
      throw noneFree();
    }
    return ports;
  }

  private static int freeRange() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int base = ThreadLocalRandom.current().nextInt(LOWEST_FREE, HIGHEST_FREE - SPAN);
      boolean free = true;
      for (int port = base; free && port < base + SPAN; port++) {
        free = isFree(port);
      }
      if (free) {
        return base;
      }
    }
    throw noneFree();
  }

  private static LocalNetworkException noneFree() {
    return new LocalNetworkException(
        Code.PORT_IN_USE, "found no free ports between " + LOWEST_FREE + " and " + HIGHEST_FREE);
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
