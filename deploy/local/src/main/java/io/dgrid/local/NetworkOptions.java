package io.dgrid.local;

import io.dgrid.local.Ports.Slot;
import java.nio.file.Path;

/**
 * What kind of network to start.
 *
 * @param edges 1 to 10
 * @param schedulers 1 to 10
 * @param workers 0 to 50
 * @param data holds everything the network keeps: keys, logs, Kafka, PostgreSQL, chain, {@code
 *     network.json}
 * @param chainPersists whether the chain outlives a restart of its process
 * @param wiring how the processes find each other
 */
public record NetworkOptions(
    int edges,
    int schedulers,
    int workers,
    Path data,
    Ports ports,
    boolean chainPersists,
    Wiring wiring) {
  public static final Path DEFAULT_DATA = Path.of(".dgrid");

  public NetworkOptions {
    require("edges", edges, 1, Slot.EDGE_GRPC);
    require("schedulers", schedulers, 1, Slot.SCHEDULER_GRPC);
    require("workers", workers, 0, Slot.WORKER_HTTP);
    data = data.toAbsolutePath().normalize();
  }

  /** Every process reaches every other one directly. */
  public NetworkOptions(
      int edges, int schedulers, int workers, Path data, Ports ports, boolean chainPersists) {
    this(edges, schedulers, workers, data, ports, chainPersists, Wiring.DIRECT);
  }

  private static void require(String what, int count, int least, Slot slot) {
    if (count < least || count > slot.count()) {
      throw new IllegalArgumentException(
          what + " must be " + least + " to " + slot.count() + ", not " + count);
    }
  }
}
