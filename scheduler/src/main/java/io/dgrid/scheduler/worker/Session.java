package io.dgrid.scheduler.worker;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.receipt.SessionProof;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.worker.v1.Challenge;
import io.dgrid.proto.worker.v1.Drain;
import io.dgrid.proto.worker.v1.Hello;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.proto.worker.v1.Welcome;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Heard;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.scheduler.dispatch.WorkerLink;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.scheduler.peer.Gateway;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.stream.StreamPump;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One worker's stream: hello, challenge, proof, welcome, and then what the worker says. Messages
 * come one at a time and at most {@code inbox} of them are unprocessed.
 */
final class Session implements StreamObserver<SessionRequest>, WorkerLink {
  private static final int PROTOCOL = 1;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final ServerCallStreamObserver<SessionResponse> call;
  private final StreamPump<SessionResponse> out;
  private final Checks checks;
  private final Domain domain;
  private final SchedulerConfig.Session config;
  private final Loop loop;
  private final Gateway gateway;
  private final SchedulerMetrics metrics;
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile Stage stage = new Stage.Greeting();
  private volatile Runnable onEnd = () -> {};

  private sealed interface Stage {
    record Greeting() implements Stage {}

    record Proving(WorkerId worker, String hardware, Hash nonce) implements Stage {}

    record Open(WorkerId worker, String hardware) implements Stage {}
  }

  Session(
      ServerCallStreamObserver<SessionResponse> call,
      Checks checks,
      Domain domain,
      SchedulerConfig.Session config,
      Loop loop,
      Gateway gateway,
      SchedulerMetrics metrics) {
    this.call = call;
    this.checks = checks;
    this.domain = domain;
    this.config = config;
    this.loop = loop;
    this.gateway = gateway;
    this.metrics = metrics;
    out = new StreamPump<>(call, config.outbox());
    call.disableAutoRequest();
    call.setOnCancelHandler(this::ended);
    call.request(config.inbox());
    loop.after(config.handshake(), this::closeUnlessOpen);
  }

  void onEnd(Runnable action) {
    onEnd = action;
  }

  @Override
  public void onNext(SessionRequest message) {
    if (over.get()) {
      return;
    }
    try {
      switch (stage) {
        case Stage.Greeting greeting -> greet(message);
        case Stage.Proving proving -> prove(proving, message);
        case Stage.Open open -> hear(open, message);
      }
    } catch (DGridException refused) {
      metrics.rejected("session");
      close(refused);
    }
  }

  private void greet(SessionRequest message) {
    if (!message.hasHello()) {
      throw Wire.invalid("message", "hello first");
    }
    Hello hello = message.getHello();
    if (hello.getProtocol() != PROTOCOL) {
      throw new DGridException(
          ErrorCode.UNSUPPORTED, "this scheduler speaks worker protocol " + PROTOCOL + " only");
    }
    WorkerId worker = Checks.worker(hello.getNode(), hello.getWorker(), "hello");
    byte[] random = new byte[Hash.BYTES];
    RANDOM.nextBytes(random);
    Hash nonce = Hash.of(random);
    stage = new Stage.Proving(worker, hello.getHardware(), nonce);
    send(
        SessionResponse.newBuilder()
            .setChallenge(
                Challenge.newBuilder()
                    .setNonce(Wire.bytes(nonce))
                    .setChainId(domain.chainId())
                    .setSettlement(Wire.bytes(domain.settlement())))
            .build());
    call.request(1);
  }

  private void prove(Stage.Proving proving, SessionRequest message) {
    if (!message.hasProof()) {
      throw Wire.invalid("message", "proof after the challenge");
    }
    WorkerId worker = proving.worker();
    Signed<SessionProof> proof =
        new Signed<>(
            new SessionProof(worker.node(), proving.nonce(), worker.name()),
            Wire.signature(message.getProof().getSignature(), "proof.signature"));
    if (!proof.isBy(worker.node(), domain)) {
      throw new DGridException(
          ErrorCode.INVALID_SIGNATURE, "the proof is not signed by the node's key");
    }
    stage = new Stage.Open(worker, proving.hardware());
    send(
        SessionResponse.newBuilder()
            .setWelcome(
                Welcome.newBuilder()
                    .setHeartbeatMs(config.heartbeat().toMillis())
                    .setLeaseMs(config.lease().toMillis()))
            .build());
    loop.execute(
        () -> {
          gateway.joined(this);
          call.request(1);
        });
  }

  private void hear(Stage.Open open, SessionRequest message) {
    Optional<Heard> heard = checks.heard(open.worker().node(), message);
    if (heard.isEmpty()) {
      call.request(1);
      return;
    }
    loop.execute(() -> gateway.hear(this, message, heard.get(), () -> call.request(1)));
  }

  private void closeUnlessOpen() {
    if (!(stage instanceof Stage.Open)) {
      close(new DGridException(ErrorCode.UNAVAILABLE, "no hello and proof in time"));
    }
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
    return switch (stage) {
      case Stage.Open open -> open.worker();
      case Stage.Proving proving -> proving.worker();
      case Stage.Greeting greeting -> throw new IllegalStateException("nobody said hello yet");
    };
  }

  @Override
  public String hardware() {
    return stage instanceof Stage.Open open ? open.hardware() : "";
  }

  @Override
  public boolean send(SessionResponse message) {
    if (out.offer(message)) {
      return true;
    }
    close(new DGridException(ErrorCode.UNAVAILABLE, "the worker does not read its session"));
    return false;
  }

  @Override
  public boolean isDirect() {
    return true;
  }

  @Override
  public void granting(JobId job, int attempt) {
    // Between gateway and owners; the worker has no part in it.
  }

  @Override
  public void waiting(boolean waiting) {
    // Between gateway and owners; the worker has no part in it.
  }

  @Override
  public void replaced() {
    close(new DGridException(ErrorCode.UNAVAILABLE, "replaced by a newer session of this worker"));
  }

  void drain(String reason) {
    out.offer(SessionResponse.newBuilder().setDrain(Drain.newBuilder().setReason(reason)).build());
    out.complete();
  }

  @Override
  public void close(DGridException why) {
    out.fail(why);
    ended();
  }

  private void ended() {
    if (over.compareAndSet(false, true)) {
      onEnd.run();
      if (stage instanceof Stage.Open) {
        loop.execute(() -> gateway.left(this));
      }
    }
  }
}
