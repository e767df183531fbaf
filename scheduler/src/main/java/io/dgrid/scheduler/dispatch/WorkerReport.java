package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** A worker's state, checked: offers are signed by its node and not expired. */
public record WorkerReport(
    List<Signed<Offer>> offers,
    int freeSlots,
    List<Running> running,
    boolean draining,
    Set<ModelId> scores) {
  public static final WorkerReport NONE = new WorkerReport(List.of(), 0, List.of(), true, Set.of());

  /**
   * An attempt the worker holds, running or waiting for its acknowledgement.
   *
   * @param partition of its job, as its assignment said
   */
  public record Running(JobId job, ModelId model, int attempt, OptionalInt partition) {}

  /** The same with what may be given away of it. */
  public WorkerReport withFreeSlots(int slots) {
    return slots == freeSlots ? this : new WorkerReport(offers, slots, running, draining, scores);
  }

  boolean runs(JobId job, int attempt) {
    return running.stream().anyMatch(r -> r.attempt() == attempt && r.job().equals(job));
  }
}
