package io.dgrid.scheduler.peer;

import java.util.Map;
import java.util.Optional;

/**
 * Which scheduler owns which partition.
 *
 * @param byPartition partition to {@code host:port}; a partition nobody owns is absent
 */
public record Owners(Map<Integer, String> byPartition) {
  public static final Owners NOBODY = new Owners(Map.of());

  public Owners {
    byPartition = Map.copyOf(byPartition);
  }

  public Optional<String> of(int partition) {
    return Optional.ofNullable(byPartition.get(partition));
  }
}
