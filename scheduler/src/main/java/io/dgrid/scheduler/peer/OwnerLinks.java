package io.dgrid.scheduler.peer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The streams of one worker to the owners elsewhere that it concerns: one for each, for as long as
 * it owns something of it. The owner's thread only.
 */
final class OwnerLinks {
  private final Surroundings around;
  private final PeerStream.Listener listener;
  private final Map<String, OwnerLink> links = new HashMap<>();
  private Map<Integer, String> elsewhere = Map.of();

  /**
   * What is different now.
   *
   * @param left owners that nothing of the worker concerns any more; their streams are closed
   * @param grown streams whose owner has more of it than before, which it knows nothing of
   * @param noLongerElsewhere partitions that concerned the worker and belonged to others
   */
  record Moves(Set<String> left, List<OwnerLink> grown, Set<Integer> noLongerElsewhere) {
    private static final Moves NONE = new Moves(Set.of(), List.of(), Set.of());
  }

  OwnerLinks(Surroundings around, PeerStream.Listener listener) {
    this.around = around;
    this.listener = listener;
  }

  /**
   * Opens and closes streams.
   *
   * @param now the owners elsewhere, of each partition that concerns the worker
   */
  Moves align(Map<Integer, String> now) {
    if (now.equals(elsewhere)) {
      // As with nearly every state that a worker says.
      return Moves.NONE;
    }
    Map<Integer, String> before = elsewhere;
    elsewhere = Map.copyOf(now);
    Set<String> wanted = Set.copyOf(now.values());
    Set<String> left = new HashSet<>(links.keySet());
    left.removeAll(wanted);
    left.forEach(owner -> around.close(links.remove(owner)));
    List<OwnerLink> grown = new ArrayList<>();
    links.forEach(
        (owner, link) -> {
          if (now.entrySet().stream()
              .anyMatch(e -> e.getValue().equals(owner) && !owner.equals(before.get(e.getKey())))) {
            grown.add(link);
          }
        });
    wanted.forEach(
        owner -> links.computeIfAbsent(owner, missing -> around.open(missing, listener)));
    Set<Integer> noLongerElsewhere = new HashSet<>(before.keySet());
    noLongerElsewhere.removeAll(now.keySet());
    return new Moves(left, grown, noLongerElsewhere);
  }

  Optional<OwnerLink> find(String owner) {
    return Optional.ofNullable(links.get(owner));
  }

  /** Those with a stream, be it open or still dialling. */
  List<String> owners() {
    return List.copyOf(links.keySet());
  }

  void close() {
    links.values().forEach(around::close);
    links.clear();
  }
}
