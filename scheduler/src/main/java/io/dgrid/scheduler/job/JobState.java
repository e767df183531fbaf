package io.dgrid.scheduler.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.receipt.FinishReason;

/** Where a job stands. A terminal state is never left. */
public sealed interface JobState {
  Progress progress();

  /** A worker holds, or is about to hold, the lease. */
  sealed interface Active extends JobState {
    Attempt attempt();
  }

  /** The end. */
  sealed interface Terminal extends JobState {}

  /** Waits for a worker since then, Unix milliseconds. */
  record Queued(Progress progress, long since) implements JobState {}

  /** Granted; no token of this attempt has arrived. */
  record Assigned(Progress progress, Attempt attempt) implements Active {}

  /** Tokens of this attempt have arrived. */
  record Running(Progress progress, Attempt attempt) implements Active {}

  record Succeeded(Progress progress, FinishReason reason) implements Terminal {}

  record Failed(Progress progress, DGridException failure) implements Terminal {}

  record Cancelled(Progress progress, DGridException failure) implements Terminal {}

  record Expired(Progress progress, DGridException failure) implements Terminal {}
}
