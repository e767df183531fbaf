package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.JobId;
import io.dgrid.scheduler.job.Command;
import java.util.List;
import java.util.Optional;

/**
 * Brings together what workers hold and what the log tells: a job may come before its worker
 * reports, or after. The owner's thread only.
 */
final class Adoption {
  private final Partitions partitions;
  private final Roster roster;
  private final Shards shards;
  private final Jobs jobs;

  /** The jobs that are here. */
  interface Jobs {
    Optional<LiveJob> find(JobId id);

    void handle(LiveJob job, Command command);
  }

  Adoption(Partitions partitions, Roster roster, Shards shards, Jobs jobs) {
    this.partitions = partitions;
    this.roster = roster;
    this.shards = shards;
    this.jobs = jobs;
  }

  /** What workers said before the partition was read to its end is heard again. */
  void caughtUp() {
    for (Roster.Connected worker : List.copyOf(roster.all())) {
      worker.report().running().forEach(running -> reported(worker.link(), running));
    }
  }

  /** A job came: whoever holds it has said so already, or will. */
  void admitted(LiveJob job) {
    if (job.state().progress().highestAttempt() == 0) {
      // No worker hears of an attempt before the log does.
      return;
    }
    for (Roster.Connected worker : List.copyOf(roster.all())) {
      for (WorkerReport.Running running : worker.report().running()) {
        if (running.job().equals(job.id())) {
          jobs.handle(job, new Command.WorkerReported(worker.link().id(), running.attempt()));
        }
      }
      worker
          .unpark(job.id())
          .ifPresent(
              parked ->
                  jobs.handle(
                      job,
                      new Command.ResultArrived(
                          worker.link().id(), parked.attempt(), parked.result())));
    }
  }

  /** A worker says that it runs an attempt. */
  void reported(WorkerLink worker, WorkerReport.Running running) {
    Optional<LiveJob> job = jobs.find(running.job());
    if (job.isPresent()) {
      jobs.handle(job.get(), new Command.WorkerReported(worker.id(), running.attempt()));
    } else if (isKnownNotToBe(running)) {
      worker.send(SessionCodec.forget(running.job(), running.attempt()));
    }
  }

  /** Only who knows every job there may call one of them void. */
  private boolean isKnownNotToBe(WorkerReport.Running running) {
    return running.partition().isPresent()
        ? partitions.knowsEveryJob(running.partition().getAsInt())
        : shards.of(running.model()).stream().allMatch(partitions::knowsEveryJob);
  }

  /** A result for a job that is not here. */
  void unknownResult(Roster.Connected worker, JobId id, Roster.Parked result, int partition) {
    if (!partitions.knowsEveryJob(partition)) {
      // Its owner is still reading the log, or is another instance: the worker keeps the result.
      worker.park(id, result);
      return;
    }
    int attempt = result.attempt();
    boolean filed =
        partitions.find(partition).filter(p -> p.history().filed(id, attempt)).isPresent();
    worker.send(filed ? SessionCodec.ack(id, attempt) : SessionCodec.forget(id, attempt));
  }
}
