package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import java.util.List;
import java.util.Set;

/** A worker's state, checked: offers are signed by its node and not expired. */
public record WorkerReport(
    List<Signed<Offer>> offers,
    int freeSlots,
    List<Running> running,
    boolean draining,
    Set<ModelId> scores) {
  public static final WorkerReport NONE = new WorkerReport(List.of(), 0, List.of(), true, Set.of());

  /** An attempt the worker holds, running or waiting for its acknowledgement. */
  public record Running(JobId job, ModelId model, int attempt) {}

  boolean runs(JobId job, int attempt) {
    return running.stream().anyMatch(r -> r.attempt() == attempt && r.job().equals(job));
  }
}
