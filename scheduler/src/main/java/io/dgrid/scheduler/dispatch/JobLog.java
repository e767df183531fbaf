package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.ModelId;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.proto.job.v1.JobTransition;
import java.util.concurrent.CompletableFuture;

/** The durable side of a job. Writes are retried until they succeed. */
public interface JobLog {
  CompletableFuture<?> append(int partition, JobTransition transition);

  /**
   * @param traceparent goes with the record; may be empty
   */
  CompletableFuture<?> file(IssuedReceipt receipt, String traceparent);

  /** The submission at this offset needs nobody any more. */
  void settled(int partition, long offset);

  /** Where the jobs of a model come from. */
  int partitionOf(ModelId model);
}
