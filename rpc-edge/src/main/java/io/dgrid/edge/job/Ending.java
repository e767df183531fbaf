package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.Failed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobState;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a job's end while its stream still lacks tokens. The first end that is heard
 * counts, the farthest position after its last token too. Thread-safe.
 */
final class Ending {
  /** Where an end was read. */
  enum Source {
    /** Its owner, after the tokens. */
    RELAY,
    /** The record that ends the job, which repeats the last tokens. */
    LOG,
    /** The books of the edges, which hold no tokens. */
    DATABASE
  }

  private final Set<Source> sources = EnumSet.noneOf(Source.class);
  private @Nullable JobEvent terminal;
  private int endPosition;
  private boolean claimed;

  /**
   * @param position after the last delivered token, 0 when that is not known
   * @return false when this source has told an end before
   */
  synchronized boolean learn(JobEvent event, int position, Source source) {
    if (terminal == null) {
      terminal = event;
      endPosition = Terminals.endPosition(event);
    }
    endPosition = Math.max(endPosition, position);
    return sources.add(source);
  }

  synchronized boolean isToldBy(Source source) {
    return sources.contains(source);
  }

  /** Whether it ends by itself, with its last token or when they have been waited for. */
  synchronized boolean isKnown() {
    return terminal != null;
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

  /**
   * The end as readers hear it: an answer is not called whole when tokens of it are missing. A
   * failure calls none whole; for tokens that nobody bills it keeps its own cause.
   */
  synchronized JobEvent told(JobId job, JobEvent counted, int nextPosition) {
    int billed = Terminals.endPosition(counted);
    int end = counted.hasCompleted() ? Math.max(billed, endPosition) : billed;
    int missing = end - nextPosition;
    return missing > 0 ? incomplete(job, counted, missing) : counted;
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
