package io.dgrid.edge.job;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.proto.receipt.v1.JobRequest;
import io.dgrid.proto.receipt.v1.SignedJobRequest;
import io.dgrid.transport.codec.Wire;

/** How a submission is taken back that may or may not be in the log. Pure. */
final class Withdrawal {
  private Withdrawal() {}

  /** The record; see {@code SubmittedJob.withdrawn}. */
  static SubmittedJob of(JobRow row) {
    return SubmittedJob.newBuilder()
        .setJobId(Wire.bytes(JobId.fromHex(row.jobId)))
        .setRequest(
            SignedJobRequest.newBuilder()
                .setRequest(
                    JobRequest.newBuilder()
                        .setClient(Wire.bytes(Address.fromHex(row.client)))
                        .setModelId(Wire.bytes(ModelId.fromHex(row.modelId)))))
        .setWithdrawn(true)
        .build();
  }
}
