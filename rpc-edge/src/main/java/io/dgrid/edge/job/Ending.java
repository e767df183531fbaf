package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.Failed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobState;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a job's end while its stream still lacks tokens. The first end that is heard
 * counts. Thread-safe.
 */
final class Ending {
  private @Nullable JobEvent terminal;
  private int endPosition;
  private boolean claimed;

  /**
   * @param position after the last delivered token, 0 when that is not known
   * @return false when an end was known already
   */
  synchronized boolean learn(JobEvent event, int position) {
    if (terminal != null) {
      return false;
    }
    terminal = event;
    endPosition = Math.max(position, Terminals.endPosition(event));
    return true;
  }

  /** Whether the end is known and, up to this position, nothing before it is missing. */
  synchronized boolean isReached(int nextPosition) {
    return terminal != null && nextPosition >= endPosition;
  }

  /** The end, for who is to carry it out: given once, and not before it is known. */
  synchronized Optional<JobEvent> claim() {
    if (terminal == null || claimed) {
      return Optional.empty();
    }
    claimed = true;
    return Optional.of(terminal);
  }

  /** The end as readers hear it: an answer is not called whole when tokens of it are missing. */
  static JobEvent told(JobId job, JobEvent terminal, int nextPosition) {
    int missing = Terminals.endPosition(terminal) - nextPosition;
    return missing > 0 ? incomplete(job, terminal, missing) : terminal;
  }

  private static JobEvent incomplete(JobId job, JobEvent terminal, int missing) {
    JobEvent failed =
        Terminals.failed(
            job,
            JobState.JOB_STATE_FAILED,
            new DGridException(
                ErrorCode.UNAVAILABLE,
                "the last %d tokens of the answer were lost on their way".formatted(missing)));
    Failed.Builder bill = failed.getFailed().toBuilder().setUsage(Terminals.usage(terminal));
    if (terminal.hasCompleted()) {
      bill.setAmount(terminal.getCompleted().getAmount())
          .addAllReceipts(terminal.getCompleted().getReceiptsList());
    } else {
      bill.setAmount(terminal.getFailed().getAmount())
          .addAllReceipts(terminal.getFailed().getReceiptsList());
    }
    return failed.toBuilder().setFailed(bill).build();
  }
}
