package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.edge.admission.SubmissionCodec;
import io.dgrid.edge.limit.Limits;
import io.dgrid.proto.job.v1.CancelRequest;
import io.dgrid.proto.job.v1.CancelResponse;
import io.dgrid.proto.job.v1.GetRequest;
import io.dgrid.proto.job.v1.GetResponse;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobServiceGrpc;
import io.dgrid.proto.job.v1.ResumeRequest;
import io.dgrid.proto.job.v1.ResumeResponse;
import io.dgrid.proto.job.v1.SubmitRequest;
import io.dgrid.proto.job.v1.SubmitResponse;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.StatusCodec;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;

/** The client's door. Streams keep the client's pace: see {@link CallReader}. */
@GrpcService
class JobEndpoint extends JobServiceGrpc.JobServiceImplBase {
  private static final Logger LOG = Logger.getLogger(JobEndpoint.class);

  private static final long BREAK_NOTICE_MILLIS = 30;

  private final Jobs jobs;
  private final Limits limits;

  JobEndpoint(Jobs jobs, Limits limits) {
    this.jobs = jobs;
    this.limits = limits;
  }

  @Override
  public void submit(SubmitRequest request, StreamObserver<SubmitResponse> out) {
    String peer = requirePeer();
    follow(
        out,
        event -> SubmitResponse.newBuilder().setEvent(event).build(),
        following -> jobs.submit(SubmissionCodec.fromWire(request), following, peer));
  }

  @Override
  public void resume(ResumeRequest request, StreamObserver<ResumeResponse> out) {
    requirePeer();
    JobId job = Wire.jobId(request.getJobId());
    int next = Wire.count(request.getNextSequence(), "next_sequence");
    follow(
        out,
        event -> ResumeResponse.newBuilder().setEvent(event).build(),
        following -> jobs.resume(job, next, following));
  }

  @Override
  public void get(GetRequest request, StreamObserver<GetResponse> out) {
    requirePeer();
    answer(
        out,
        jobs.get(Wire.jobId(request.getJobId()))
            .map(job -> GetResponse.newBuilder().setJob(job).build()));
  }

  @Override
  public void cancel(CancelRequest request, StreamObserver<CancelResponse> out) {
    answer(
        out,
        jobs.cancel(Wire.jobId(request.getJobId()))
            .map(state -> CancelResponse.newBuilder().setState(state).build()));
  }

  /** Before anything is read from the request or the database. */
  private String requirePeer() {
    String peer = Connection.current().peer();
    limits.requirePeer(peer);
    return peer;
  }

  private static <T> void follow(
      StreamObserver<T> out, Function<JobEvent, T> wrap, Function<Following, Uni<?>> start) {
    ServerCallStreamObserver<T> call = (ServerCallStreamObserver<T>) out;
    CallReader<T> reader = new CallReader<>(call, wrap);
    Following following = new Following(reader);
    Connection connection = Connection.current();
    call.setOnCancelHandler(
        () -> {
          reader.abandon();
          // A broken connection ends its calls just before it is known to be broken.
          Infrastructure.getDefaultWorkerPool()
              .schedule(
                  () -> following.leave(!connection.isBroken()),
                  BREAK_NOTICE_MILLIS,
                  TimeUnit.MILLISECONDS);
        });
    start.apply(following).subscribe().with(started -> {}, failure -> reader.fail(coded(failure)));
  }

  private static <T> void answer(StreamObserver<T> out, Uni<T> answer) {
    answer
        .subscribe()
        .with(
            item -> {
              out.onNext(item);
              out.onCompleted();
            },
            failure -> out.onError(StatusCodec.toStatus(coded(failure))));
  }

  private static DGridException coded(Throwable failure) {
    if (failure instanceof DGridException ours) {
      return ours;
    }
    LOG.error("call failed", failure);
    return new DGridException(ErrorCode.INTERNAL, "internal error");
  }
}
