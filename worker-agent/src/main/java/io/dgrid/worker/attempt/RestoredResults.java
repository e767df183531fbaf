package io.dgrid.worker.attempt;

import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.worker.assignment.AttemptKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Results signed before the last restart and not acknowledged: their output is gone, they are not.
 * Each is said once per session. Confined to the agent's thread.
 */
final class RestoredResults {
  private final Map<AttemptKey, AttemptResult> results;
  private final List<AttemptKey> unsaid = new ArrayList<>();

  RestoredResults(Map<AttemptKey, AttemptResult> results) {
    this.results = new LinkedHashMap<>(results);
  }

  boolean contains(AttemptKey key) {
    return results.containsKey(key);
  }

  /** Nobody needs it any more; false when it is not one of these. */
  boolean remove(AttemptKey key) {
    return results.remove(key) != null;
  }

  int size() {
    return results.size();
  }

  /** A new stream, on which nothing has been said. */
  void sessionOpened() {
    unsaid.clear();
    unsaid.addAll(results.keySet());
  }

  /** One that this session has not heard. */
  Optional<AttemptResult> next() {
    while (!unsaid.isEmpty()) {
      AttemptResult result = results.get(unsaid.removeLast());
      if (result != null) {
        return Optional.of(result);
      }
    }
    return Optional.empty();
  }
}
