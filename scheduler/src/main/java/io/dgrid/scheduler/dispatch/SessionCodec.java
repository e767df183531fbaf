package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.proto.worker.v1.Assignment;
import io.dgrid.proto.worker.v1.CancelAttempt;
import io.dgrid.proto.worker.v1.Flow;
import io.dgrid.proto.worker.v1.LeaseRenewal;
import io.dgrid.proto.worker.v1.ResultAck;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.scheduler.job.Attempt;
import io.dgrid.scheduler.job.Effect;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.Wire;

/** What a scheduler says to a worker, domain to wire. */
final class SessionCodec {
  private SessionCodec() {}

  static SessionResponse assign(LiveJob job, Attempt attempt, long leaseUntil) {
    SubmittedJob submitted = job.submitted();
    Assignment.Builder wire =
        Assignment.newBuilder()
            .setJobId(submitted.getJobId())
            .setAttempt(attempt.number())
            .setRequest(submitted.getRequest())
            .setPrompt(submitted.getPrompt())
            .addAllPromptTokens(submitted.getPromptTokensList())
            .setSampling(submitted.getSampling())
            .setSalt(submitted.getSalt())
            .setOffer(OfferCodec.toWire(attempt.offer()))
            .setAllowUntil(job.state().progress().allowUntil())
            .setLeaseUntil(leaseUntil)
            .setLogprobs(submitted.getLogprobs())
            .setTraceparent(job.trace().traceparent(attempt.number()))
            .setPartition(job.partition());
    for (int id : job.state().progress().transcript().tokenIds(0, attempt.firstPosition())) {
      wire.addDelivered(id);
    }
    return SessionResponse.newBuilder().setAssign(wire).build();
  }

  static SessionResponse flow(JobId job, Effect.Flow flow) {
    Flow.Builder wire =
        Flow.newBuilder()
            .setJobId(Wire.bytes(job))
            .setAttempt(flow.attempt())
            .setAllowUntil(flow.allowUntil());
    flow.resendFrom().ifPresent(wire::setResendFrom);
    return SessionResponse.newBuilder().setFlow(wire).build();
  }

  static SessionResponse cancel(JobId job, Effect.Withdraw withdraw) {
    CancelAttempt.Builder wire =
        CancelAttempt.newBuilder()
            .setJobId(Wire.bytes(job))
            .setAttempt(withdraw.attempt())
            .setReason(withdraw.reason())
            .setReceiptWanted(withdraw.receiptWanted());
    withdraw.receiptUntil().ifPresent(wire::setReceiptUntil);
    return SessionResponse.newBuilder().setCancel(wire).build();
  }

  /** For attempts of jobs that nobody knows: deliver nothing, sign nothing. */
  static SessionResponse forget(JobId job, int attempt) {
    return SessionResponse.newBuilder()
        .setCancel(
            CancelAttempt.newBuilder()
                .setJobId(Wire.bytes(job))
                .setAttempt(attempt)
                .setReason("the attempt is void"))
        .build();
  }

  static SessionResponse ack(JobId job, int attempt) {
    return SessionResponse.newBuilder()
        .setAck(ResultAck.newBuilder().setJobId(Wire.bytes(job)).setAttempt(attempt))
        .build();
  }

  static SessionResponse renewal(long leaseUntil) {
    return SessionResponse.newBuilder()
        .setRenewal(LeaseRenewal.newBuilder().setLeaseUntil(leaseUntil))
        .build();
  }
}
