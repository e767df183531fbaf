package io.dgrid.edge.job;

import io.dgrid.core.identity.JobId;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.market.SchedulersClient;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.proto.worker.v1.AttachJobRequest;
import io.dgrid.proto.worker.v1.CancelJobRequest;
import io.dgrid.proto.worker.v1.CancelJobResponse;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;

/** What this edge asks of the schedulers that own single jobs. */
@Singleton
class Owners {
  private final SchedulersClient schedulers;
  private final EdgeConfig config;

  Owners(SchedulersClient schedulers, EdgeConfig config) {
    this.schedulers = schedulers;
    this.config = config;
  }

  /** Has the job sent here, from its beginning; fails with NOT_FOUND when nobody has it. */
  Uni<Void> attach(JobId job) {
    return schedulers
        .askOwner(
            stub ->
                stub.attachJob(
                    AttachJobRequest.newBuilder()
                        .setJobId(Wire.bytes(job))
                        .setReplyTo(config.relayAddress())
                        .build()))
        .replaceWithVoid();
  }

  /** Ends the job; the state it was in. */
  Uni<JobState> cancel(JobId job) {
    return schedulers
        .askOwner(
            stub ->
                stub.cancelJob(
                    CancelJobRequest.newBuilder()
                        .setJobId(Wire.bytes(job))
                        .setReason("client cancelled")
                        .build()))
        .map(CancelJobResponse::getState);
  }
}
