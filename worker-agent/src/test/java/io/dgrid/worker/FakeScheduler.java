package io.dgrid.worker;

import com.google.protobuf.ByteString;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Signature;
import io.dgrid.core.identity.Signatures;
import io.dgrid.core.receipt.SessionProof;
import io.dgrid.proto.worker.v1.Challenge;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.proto.worker.v1.SessionRequest.MessageCase;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.proto.worker.v1.Welcome;
import io.dgrid.proto.worker.v1.WorkerServiceGrpc;
import io.dgrid.proto.worker.v1.WorkerState;
import io.dgrid.transport.codec.Wire;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A scheduler on loopback: does the handshake itself, the rest is said and read by the test. */
public final class FakeScheduler implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Domain domain;
  private final Duration lease;
  private final Server server;
  private final BlockingQueue<Session> sessions = new LinkedBlockingQueue<>();

  public FakeScheduler(Domain domain, Duration lease) throws IOException {
    this.domain = domain;
    this.lease = lease;
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(new Endpoint())
            .build()
            .start();
  }

  public String target() {
    return "127.0.0.1:" + server.getPort();
  }

  /** The next session that proved its key and said its first state. */
  public Session session() throws InterruptedException {
    Session session = sessions.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    if (session == null) {
      throw new AssertionError("no worker came");
    }
    session.state();
    return session;
  }

  public boolean sawSession(Duration patience) throws InterruptedException {
    return sessions.poll(patience.toMillis(), TimeUnit.MILLISECONDS) != null;
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private final class Endpoint extends WorkerServiceGrpc.WorkerServiceImplBase {
    @Override
    public StreamObserver<SessionRequest> session(StreamObserver<SessionResponse> out) {
      return new Session(out);
    }
  }

  /** One session; messages that the test did not ask for are skipped. */
  public final class Session implements StreamObserver<SessionRequest> {
    private final StreamObserver<SessionResponse> out;
    private final Hash nonce = Hash.fromHex("0x" + "5a".repeat(32));
    private final BlockingQueue<SessionRequest> received = new LinkedBlockingQueue<>();
    private SessionRequest hello = SessionRequest.getDefaultInstance();

    private Session(StreamObserver<SessionResponse> out) {
      this.out = out;
    }

    @Override
    public void onNext(SessionRequest message) {
      switch (message.getMessageCase()) {
        case HELLO -> {
          hello = message;
          send(
              SessionResponse.newBuilder()
                  .setChallenge(
                      Challenge.newBuilder()
                          .setNonce(Wire.bytes(nonce))
                          .setChainId(domain.chainId())
                          .setSettlement(Wire.bytes(domain.settlement()))));
        }
        case PROOF -> prove(message.getProof().getSignature());
        default -> received.add(message);
      }
    }

    @Override
    public void onError(Throwable gone) {
      received.add(SessionRequest.getDefaultInstance());
    }

    @Override
    public void onCompleted() {
      received.add(SessionRequest.getDefaultInstance());
      synchronized (out) {
        out.onCompleted();
      }
    }

    public void send(SessionResponse.Builder message) {
      synchronized (out) {
        out.onNext(message.build());
      }
    }

    /** Breaks the stream as a dying process would. */
    public void cut() {
      synchronized (out) {
        out.onError(Status.UNAVAILABLE.withDescription("cut by the test").asRuntimeException());
      }
    }

    public SessionRequest hello() {
      return hello;
    }

    public WorkerState state() throws InterruptedException {
      return await(MessageCase.STATE, m -> true).getState();
    }

    public WorkerState stateWhere(Predicate<WorkerState> condition) throws InterruptedException {
      return await(MessageCase.STATE, m -> condition.test(m.getState())).getState();
    }

    /** The next message of a kind; others before it are dropped. */
    public SessionRequest await(MessageCase kind, Predicate<SessionRequest> condition)
        throws InterruptedException {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (true) {
        SessionRequest message = received.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (message == null || message.getMessageCase() == MessageCase.MESSAGE_NOT_SET) {
          throw new AssertionError(
              "no " + kind + " came, the stream is " + (message == null ? "open" : "over"));
        }
        if (message.getMessageCase() == kind && condition.test(message)) {
          return message;
        }
      }
    }

    /** The next chunk or result, whichever comes first. */
    public SessionRequest output() throws InterruptedException {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (true) {
        SessionRequest message = received.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (message == null || message.getMessageCase() == MessageCase.MESSAGE_NOT_SET) {
          throw new AssertionError("no output came");
        }
        if (message.hasChunk() || message.hasResult()) {
          return message;
        }
      }
    }

    /** Whether nothing but states comes for that long. */
    public boolean isQuiet(Duration duration) throws InterruptedException {
      long deadline = System.nanoTime() + duration.toNanos();
      while (true) {
        SessionRequest message = received.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (message == null) {
          return true;
        }
        if (!message.hasState()) {
          return false;
        }
      }
    }

    private void prove(ByteString signature) {
      SessionProof proof =
          new SessionProof(
              Wire.address(hello.getHello().getNode(), "node"),
              nonce,
              hello.getHello().getWorker());
      if (!Signatures.isBy(
          proof.node(), proof.digest(domain), Signature.of(signature.toByteArray()))) {
        out.onError(Status.UNAUTHENTICATED.asRuntimeException());
        return;
      }
      sessions.add(this);
      send(
          SessionResponse.newBuilder()
              .setWelcome(Welcome.newBuilder().setHeartbeatMs(200).setLeaseMs(lease.toMillis())));
    }
  }
}
