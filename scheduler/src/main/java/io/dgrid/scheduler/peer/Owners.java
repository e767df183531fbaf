package io.dgrid.scheduler.peer;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which scheduler owns which partition.
 *
 * @param byPartition partition to {@code host:port}; a partition nobody owns is absent
 * @param members every scheduler of the group, also those that own nothing
 */
public record Owners(Map<Integer, String> byPartition, Set<String> members) {
  public static final Owners NOBODY = new Owners(Map.of());

  public Owners {
    byPartition = Map.copyOf(byPartition);
    members = Set.copyOf(members);
  }

  /** Without members that own nothing. */
  public Owners(Map<Integer, String> byPartition) {
    this(byPartition, Set.copyOf(byPartition.values()));
  }

  public Optional<String> of(int partition) {
    return Optional.ofNullable(byPartition.get(partition));
  }
}
