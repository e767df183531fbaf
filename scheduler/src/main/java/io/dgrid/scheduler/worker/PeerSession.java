package io.dgrid.scheduler.worker;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.worker.v1.ForwardRequest;
import io.dgrid.proto.worker.v1.ForwardResponse;
import io.dgrid.proto.worker.v1.Granting;
import io.dgrid.proto.worker.v1.Introduction;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.proto.worker.v1.Superseded;
import io.dgrid.proto.worker.v1.Waiting;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Heard;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.scheduler.dispatch.WorkerDesk;
import io.dgrid.scheduler.dispatch.WorkerLink;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.stream.StreamPump;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A worker that another scheduler introduced, for the jobs that this one owns. To the desk it is a
 * worker like any other; messages come one at a time and at most {@code inbox} of them are
 * unprocessed.
 */
final class PeerSession implements StreamObserver<ForwardRequest>, WorkerLink {
  private final ServerCallStreamObserver<ForwardResponse> call;
  private final StreamPump<ForwardResponse> out;
  private final Checks checks;
  private final Loop loop;
  private final WorkerDesk desk;
  private final SchedulerMetrics metrics;
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile Optional<Introduced> introduced = Optional.empty();

  private record Introduced(WorkerId worker, String hardware) {}

  PeerSession(
      ServerCallStreamObserver<ForwardResponse> call,
      Checks checks,
      SchedulerConfig.Session config,
      Loop loop,
      WorkerDesk desk,
      SchedulerMetrics metrics) {
    this.call = call;
    this.checks = checks;
    this.loop = loop;
    this.desk = desk;
    this.metrics = metrics;
    out = new StreamPump<>(call, config.outbox());
    call.disableAutoRequest();
    call.setOnCancelHandler(this::ended);
    call.request(config.inbox());
  }

  @Override
  public void onNext(ForwardRequest frame) {
    if (over.get()) {
      return;
    }
    try {
      if (introduced.isEmpty()) {
        introduce(frame);
      } else {
        hear(introduced.get(), frame);
      }
    } catch (DGridException refused) {
      metrics.rejected("peer");
      close(refused);
    }
  }

  private void introduce(ForwardRequest frame) {
    if (!frame.hasIntroduction()) {
      throw Wire.invalid("frame", "an introduction first");
    }
    Introduction wire = frame.getIntroduction();
    WorkerId worker = Checks.worker(wire.getNode(), wire.getWorker(), "introduction");
    introduced = Optional.of(new Introduced(worker, wire.getHardware()));
    handOver(() -> desk.joined(this));
  }

  private void hear(Introduced who, ForwardRequest frame) {
    if (!frame.hasMessage()) {
      throw Wire.invalid("frame", "no second introduction");
    }
    Optional<Heard> heard = checks.heard(who.worker().node(), frame.getMessage());
    if (heard.isEmpty()) {
      call.request(1);
      return;
    }
    Heard said =
        heard.get() instanceof Heard.Outcome outcome ? outcome.about(model(frame)) : heard.get();
    handOver(() -> desk.hear(this, said));
  }

  private static Optional<ModelId> model(ForwardRequest frame) {
    return frame.getModelId().isEmpty()
        ? Optional.empty()
        : Optional.of(Wire.modelId(frame.getModelId()));
  }

  /** One more message may come once this one is done: that is what bounds the owner's queue. */
  private void handOver(Runnable step) {
    loop.execute(
        () -> {
          try {
            step.run();
          } finally {
            call.request(1);
          }
        });
  }

  @Override
  public void onError(Throwable gone) {
    ended();
  }

  @Override
  public void onCompleted() {
    out.complete();
    ended();
  }

  @Override
  public WorkerId id() {
    return who().worker();
  }

  @Override
  public String hardware() {
    return who().hardware();
  }

  private Introduced who() {
    return introduced.orElseThrow(() -> new IllegalStateException("nobody was introduced yet"));
  }

  @Override
  public boolean isDirect() {
    return false;
  }

  @Override
  public boolean send(SessionResponse message) {
    if (message.hasRenewal()) {
      // The gateway hears every state first and renews for all owners.
      return true;
    }
    if (out.offer(ForwardResponse.newBuilder().setMessage(message).build())) {
      return true;
    }
    close(new DGridException(ErrorCode.UNAVAILABLE, "the gateway does not read its stream"));
    return false;
  }

  @Override
  public void granting(JobId job, int attempt) {
    out.offer(
        ForwardResponse.newBuilder()
            .setGranting(Granting.newBuilder().setJobId(Wire.bytes(job)).setAttempt(attempt))
            .build());
  }

  @Override
  public void waiting(boolean waiting) {
    out.offer(
        ForwardResponse.newBuilder().setWaiting(Waiting.newBuilder().setWaiting(waiting)).build());
  }

  @Override
  public void close(DGridException why) {
    out.fail(why);
    ended();
  }

  @Override
  public void replaced() {
    out.offer(ForwardResponse.newBuilder().setSuperseded(Superseded.getDefaultInstance()).build());
    out.complete();
    ended();
  }

  private void ended() {
    if (over.compareAndSet(false, true) && introduced.isPresent()) {
      loop.execute(() -> desk.left(this));
    }
  }
}
