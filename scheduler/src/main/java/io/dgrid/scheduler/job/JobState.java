package io.dgrid.scheduler.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.receipt.FinishReason;
import java.util.List;

/** Where a job stands. A terminal state is never left. */
public sealed interface JobState {
  Progress progress();

  /** A worker holds, or is about to hold, the lease. */
  sealed interface Active extends JobState {
    /** The one that the client hears of; of two, the earlier. */
    Attempt attempt();

    /** Every attempt that a worker holds, one but for a race. */
    default List<Attempt> attempts() {
      return List.of(attempt());
    }
  }

  /** The end. */
  sealed interface Terminal extends JobState {}

  /** Waits for a worker since then, Unix milliseconds. */
  record Queued(Progress progress, long since) implements JobState {}

  /** Granted; no token of this attempt has arrived. */
  record Assigned(Progress progress, Attempt attempt) implements Active {}

  /**
   * Two workers race for the first token, which neither has sent: the first one's grant is in the
   * log, the second one's perhaps. Who wins goes on alone, the other is never billed.
   */
  record Racing(Progress progress, Attempt attempt, Attempt second) implements Active {
    @Override
    public List<Attempt> attempts() {
      return List.of(attempt, second);
    }
  }

  /** Tokens of this attempt have arrived. */
  record Running(Progress progress, Attempt attempt) implements Active {}

  record Succeeded(Progress progress, FinishReason reason) implements Terminal {}

  record Failed(Progress progress, DGridException failure) implements Terminal {}

  record Cancelled(Progress progress, DGridException failure) implements Terminal {}

  record Expired(Progress progress, DGridException failure) implements Terminal {}
}
