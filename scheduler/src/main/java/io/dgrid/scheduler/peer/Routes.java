package io.dgrid.scheduler.peer;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.scheduler.dispatch.Heard;
import io.dgrid.scheduler.dispatch.WorkerReport;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What the gateway of one worker must know to bring its messages to the owners of its jobs: the
 * partitions of its jobs, and results that nobody acknowledged yet. Pure.
 */
final class Routes {
  private static final int MOST_JOBS = 8192;
  private static final int MOST_RESULTS = 256;

  private final Layout layout;
  private final Map<JobId, Place> places = bounded(MOST_JOBS);
  private final Map<AttemptKey, Result> results = bounded(MOST_RESULTS);
  private WorkerReport report = WorkerReport.NONE;

  /** Where jobs are of which nobody says where they are. */
  interface Layout {
    /** Where jobs of the model may be. */
    Set<Integer> partitions(ModelId model);

    int partition(ModelId model, JobId job);
  }

  private record Place(Optional<ModelId> model, int partition) {}

  /** A result with what is known of its job. */
  record Result(
      OptionalInt partition, Optional<ModelId> model, SessionRequest wire, Heard.Outcome heard) {
    boolean isOf(int wanted) {
      return partition.isPresent() && partition.getAsInt() == wanted;
    }
  }

  Routes(Layout layout) {
    this.layout = layout;
  }

  void heard(WorkerReport newest) {
    report = newest;
    newest.running().forEach(running -> places.put(running.job(), place(running)));
  }

  private Place place(WorkerReport.Running running) {
    return new Place(
        Optional.of(running.model()),
        running
            .partition()
            .orElseGet(
                () ->
                    Optional.ofNullable(places.get(running.job()))
                        .map(Place::partition)
                        .orElseGet(() -> layout.partition(running.model(), running.job()))));
  }

  /** The worker was given an attempt of a job. */
  void assigned(JobId job, ModelId model, int partition) {
    places.put(job, new Place(Optional.of(model), partition));
  }

  /** The worker hands in a result; it is kept until {@link #settled}. */
  Result ended(SessionRequest wire, Heard.Outcome outcome) {
    Optional<Place> place =
        outcome.partition().isPresent()
            ? Optional.of(
                new Place(
                    outcome.model().or(() -> find(outcome.job()).flatMap(Place::model)),
                    outcome.partition().getAsInt()))
            : find(outcome.job(), outcome.model());
    Optional<ModelId> model = outcome.model().or(() -> place.flatMap(Place::model));
    Result result =
        new Result(
            place.map(p -> OptionalInt.of(p.partition())).orElseGet(OptionalInt::empty),
            model,
            wire,
            outcome.about(model));
    results.put(new AttemptKey(outcome.job(), outcome.attempt()), result);
    return result;
  }

  /** The owner took the result, or wants none. */
  void settled(JobId job, int attempt) {
    results.remove(new AttemptKey(job, attempt));
  }

  /** The partition of a job; of an unknown one by the worker's only model, if it has but one. */
  OptionalInt partitionOf(JobId job) {
    return find(job, Optional.empty())
        .map(place -> OptionalInt.of(place.partition()))
        .orElseGet(OptionalInt::empty);
  }

  private Optional<Place> find(JobId job) {
    return Optional.ofNullable(places.get(job));
  }

  private Optional<Place> find(JobId job, Optional<ModelId> stated) {
    return find(job)
        .or(
            () ->
                stated
                    .or(this::onlyModel)
                    .map(model -> new Place(Optional.of(model), layout.partition(model, job))));
  }

  /** Partitions whose owners must hear of this worker. */
  Set<Integer> concerned() {
    Set<Integer> concerned = new HashSet<>();
    offered().forEach(model -> concerned.addAll(layout.partitions(model)));
    report.running().forEach(running -> concerned.add(place(running).partition()));
    results.values().forEach(result -> result.partition().ifPresent(concerned::add));
    return concerned;
  }

  /** Results nobody has acknowledged, oldest first. */
  List<Result> unsettled() {
    return new ArrayList<>(results.values());
  }

  private Optional<ModelId> onlyModel() {
    Set<ModelId> offered = offered();
    return offered.size() == 1 ? Optional.of(offered.iterator().next()) : Optional.empty();
  }

  private Set<ModelId> offered() {
    Set<ModelId> offered = new HashSet<>();
    report.offers().forEach(offer -> offered.add(offer.statement().modelId()));
    return offered;
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
