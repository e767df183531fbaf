package io.dgrid.scheduler.peer;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.scheduler.dispatch.Heard;
import io.dgrid.scheduler.dispatch.WorkerReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the gateway of one worker must know to bring its messages to the owners of its jobs: the
 * models of its jobs, results that nobody acknowledged yet, and the slots that assignments took
 * since it last spoke. Pure.
 */
final class Routes {
  private static final int MOST_MODELS = 8192;
  private static final int MOST_RESULTS = 256;

  /** A state that was under way when the assignment passed is older than this, milliseconds. */
  private static final long CROSSING = 5_000;

  private final Map<JobId, ModelId> models = bounded(MOST_MODELS);
  private final Map<Key, Result> results = bounded(MOST_RESULTS);
  private final Map<Key, Long> passed = new HashMap<>();
  private WorkerReport report = WorkerReport.NONE;

  private record Key(JobId job, int attempt) {}

  /** A result with its model if that is known. */
  record Result(Optional<ModelId> model, SessionRequest wire, Heard.Outcome heard) {}

  /**
   * @param now Unix milliseconds
   */
  void heard(WorkerReport newest, long now) {
    report = newest;
    for (WorkerReport.Running running : newest.running()) {
      models.put(running.job(), running.model());
      passed.remove(new Key(running.job(), running.attempt()));
    }
    passed.values().removeIf(at -> now - at > CROSSING);
  }

  /**
   * An owner assigns an attempt.
   *
   * @return false when the worker has no slot for it: other owners took what it stated
   */
  boolean assigned(JobId job, int attempt, ModelId model, long now) {
    if (report.draining() || passed.size() >= report.freeSlots()) {
      return false;
    }
    models.put(job, model);
    passed.put(new Key(job, attempt), now);
    return true;
  }

  /** The worker hands in a result; it is kept until {@link #settled}. */
  Result ended(SessionRequest wire, Heard.Outcome outcome) {
    Optional<ModelId> model = outcome.model().or(() -> modelOf(outcome.job()));
    Result result = new Result(model, wire, outcome.about(model));
    Key key = new Key(outcome.job(), outcome.attempt());
    passed.remove(key);
    results.put(key, result);
    return result;
  }

  /** The owner took the result, or wants none. */
  void settled(JobId job, int attempt) {
    Key key = new Key(job, attempt);
    passed.remove(key);
    results.remove(key);
  }

  /** The model of a job; of an unknown one the worker's only model, if it has but one. */
  Optional<ModelId> modelOf(JobId job) {
    return Optional.ofNullable(models.get(job))
        .or(() -> Optional.of(offered()).filter(all -> all.size() == 1).map(Routes::only));
  }

  /** Models whose owners must hear of this worker. */
  Set<ModelId> concerned() {
    Set<ModelId> concerned = new HashSet<>(offered());
    report.running().forEach(running -> concerned.add(running.model()));
    results.values().forEach(result -> result.model().ifPresent(concerned::add));
    return concerned;
  }

  /** Results nobody has acknowledged, oldest first. */
  List<Result> unsettled() {
    return new ArrayList<>(results.values());
  }

  private Set<ModelId> offered() {
    Set<ModelId> offered = new HashSet<>();
    report.offers().forEach(offer -> offered.add(offer.statement().modelId()));
    return offered;
  }

  private static ModelId only(Set<ModelId> one) {
    return one.iterator().next();
  }

  private static <K, V> Map<K, V> bounded(int most) {
    return new LinkedHashMap<>() {
      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
      }
    };
  }
}
