package io.dgrid.scheduler.dispatch;

import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.proto.job.v1.JobTransition;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The durable side of a job. */
public interface JobLog {
  /** What can be written. */
  sealed interface Entry {}

  record Transition(JobTransition transition) implements Entry {}

  /**
   * @param traceparent goes with the record; may be empty
   */
  record Filed(IssuedReceipt receipt, String traceparent) implements Entry {}

  /** How a write ended; the worse the later. */
  enum Outcome {
    /** Every reader sees it. */
    IN_LOG,
    /** Nobody sees it: a record is larger than the log takes. */
    TOO_LARGE,
    /**
     * This instance does not own the partition any more. Whether the write is in the log, its owner
     * knows.
     */
    NOT_OWNER;

    Outcome worse(Outcome other) {
      return compareTo(other) >= 0 ? this : other;
    }
  }

  /**
   * Writes the entries as one: readers see all of them or none. Writes of a partition keep their
   * order. Tried until the broker has them or the partition is another instance's; the future never
   * fails.
   */
  CompletableFuture<Outcome> write(int partition, List<Entry> entries);

  /** The submission at this offset needs nobody any more. */
  void settled(int partition, long offset);

  /** How many partitions jobs come from. */
  int partitions();
}
