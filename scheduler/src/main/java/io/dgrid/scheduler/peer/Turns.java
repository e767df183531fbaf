package io.dgrid.scheduler.peer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
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
    if (order.stream().noneMatch(turn -> turn.owner().equals(owner))) {
      order.add(new Turn(owner, NONE));
    }
  }

  /** It has had its turn. */
  void took(String owner) {
    order.stream()
        .filter(turn -> turn.owner().equals(owner))
        .findFirst()
        .ifPresent(
            turn -> {
              order.remove(turn);
              order.add(turn);
            });
    resting.remove(owner);
  }

  /** It let its turn pass. */
  void rest(String owner, long until) {
    took(owner);
    resting.put(owner, until);
  }

  /** Whether slots must be kept apart: somebody waits, and is not the only one who may. */
  boolean isContended(long now) {
    return order.stream().map(Turn::owner).distinct().count() > 1 && !ready(now).isEmpty();
  }

  /**
   * Deals the slots out to those who wait.
   *
   * @param holding what was dealt before and is not used yet
   * @return slots by owner; nothing when there is no contention
   */
  Map<String, Integer> deal(int slots, Map<String, Integer> holding, long now) {
    if (!isContended(now)) {
      return Map.of();
    }
    List<String> ready = ready(now);
    Map<String, Integer> dealt = new LinkedHashMap<>();
    List<String> next = new ArrayList<>(ready);
    int left = slots;
    for (String owner : new LinkedHashSet<>(ready)) {
      for (int held = holding.getOrDefault(owner, 0); held > 0 && left > 0; held--, left--) {
        dealt.merge(owner, 1, Integer::sum);
        next.remove(owner);
      }
    }
    for (; left > 0; left--) {
      if (next.isEmpty()) {
        next.addAll(ready);
      }
      dealt.merge(next.removeFirst(), 1, Integer::sum);
    }
    return dealt;
  }

  private List<String> ready(long now) {
    resting.values().removeIf(until -> until <= now);
    return order.stream()
        .map(Turn::owner)
        .filter(owner -> waiting.contains(owner) && !resting.containsKey(owner))
        .toList();
  }
}
