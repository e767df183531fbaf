package io.dgrid.scheduler.peer;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Whose turn it is among the owners whose jobs wait for one worker. Turns go round the partitions,
 * so that the owner of two has two. Pure.
 */
final class Turns {
  /** Of an owner that has jobs although it owns none of the partitions any more. */
  private static final int NONE = -1;

  private final Set<Turn> order = new LinkedHashSet<>();
  private final Set<String> waiting = new HashSet<>();
  private final Map<String, Long> resting = new HashMap<>();

  private record Turn(String owner, int partition) {}

  void owners(Map<Integer, String> byPartition) {
    Set<Turn> turns = new LinkedHashSet<>();
    new TreeMap<>(byPartition).forEach((partition, owner) -> turns.add(new Turn(owner, partition)));
    order.removeIf(turn -> turn.partition() != NONE && !turns.contains(turn));
    order.addAll(turns);
    waiting.forEach(this::requireTurn);
    order.removeIf(turn -> turn.partition() == NONE && byPartition.containsValue(turn.owner()));
  }

  void waiting(String owner, boolean waits) {
    if (waits) {
      waiting.add(owner);
      requireTurn(owner);
    } else {
      waiting.remove(owner);
      order.remove(new Turn(owner, NONE));
    }
  }

  private void requireTurn(String owner) {
    if (!has(owner)) {
      order.add(new Turn(owner, NONE));
    }
  }

  /** It uses what it is given. */
  void took(String owner) {
    resting.remove(owner);
  }

  /** It does not use what it is given: until then it has no turn. */
  void rest(String owner, long until) {
    resting.put(owner, until);
  }

  boolean has(String owner) {
    return order.stream().anyMatch(turn -> turn.owner().equals(owner));
  }

  boolean isWaiting(String owner) {
    return waiting.contains(owner);
  }

  /** Whether more than one may have jobs for the worker. */
  boolean isShared() {
    return order.stream().map(Turn::owner).distinct().count() > 1;
  }

  /** Whether jobs wait for the worker. */
  boolean isContended(long now) {
    return order.stream().anyMatch(turn -> isReady(turn, now));
  }

  /** Whose turn it is; the next time it is somebody else's. There must be one who waits. */
  String next(long now) {
    Turn turn = order.stream().filter(each -> isReady(each, now)).findFirst().orElseThrow();
    order.remove(turn);
    order.add(turn);
    return turn.owner();
  }

  private boolean isReady(Turn turn, long now) {
    return waiting.contains(turn.owner()) && resting.getOrDefault(turn.owner(), 0L) <= now;
  }
}
