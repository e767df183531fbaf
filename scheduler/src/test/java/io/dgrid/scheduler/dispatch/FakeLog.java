package io.dgrid.scheduler.dispatch;

import io.dgrid.proto.job.v1.JobTransition;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** Takes everything at once, except what the test calls too large. */
final class FakeLog implements JobLog {
  final List<JobTransition> written = new CopyOnWriteArrayList<>();
  final Set<Long> settled = ConcurrentHashMap.newKeySet();
  volatile Predicate<JobTransition> tooLarge = transition -> false;

  @Override
  public CompletableFuture<Outcome> write(int partition, List<Entry> entries) {
    List<JobTransition> transitions =
        entries.stream()
            .filter(Transition.class::isInstance)
            .map(entry -> ((Transition) entry).transition())
            .toList();
    if (transitions.stream().anyMatch(tooLarge)) {
      return CompletableFuture.completedFuture(Outcome.TOO_LARGE);
    }
    written.addAll(transitions);
    return CompletableFuture.completedFuture(Outcome.IN_LOG);
  }

  @Override
  public void settled(int partition, long offset) {
    settled.add(offset);
  }

  @Override
  public int partitions() {
    return 8;
  }
}
