package io.dgrid.scheduler.worker;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.proto.worker.v1.WorkerServiceGrpc;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.Stopping;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.scheduler.peer.Gateway;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The door of the workers. */
@GrpcService
class SessionEndpoint extends WorkerServiceGrpc.WorkerServiceImplBase {
  private static final DGridException STOPS =
      new DGridException(ErrorCode.UNAVAILABLE, "the scheduler stops");

  private final Domain domain;
  private final SchedulerConfig config;
  private final InstantSource clock;
  private final Loop loop;
  private final Gateway gateway;
  private final SchedulerMetrics metrics;
  private final Set<Session> open = ConcurrentHashMap.newKeySet();
  private volatile boolean stopping;

  SessionEndpoint(
      Domain domain,
      SchedulerConfig config,
      InstantSource clock,
      Loop loop,
      Gateway gateway,
      SchedulerMetrics metrics) {
    this.domain = domain;
    this.config = config;
    this.clock = clock;
    this.loop = loop;
    this.gateway = gateway;
    this.metrics = metrics;
  }

  @Override
  public StreamObserver<SessionRequest> session(StreamObserver<SessionResponse> out) {
    Session session =
        new Session(
            (ServerCallStreamObserver<SessionResponse>) out,
            new Checks(domain, clock),
            domain,
            config.session(),
            loop,
            gateway,
            metrics);
    open.add(session);
    session.onEnd(() -> open.remove(session));
    if (stopping) {
      session.close(STOPS);
    }
    return session;
  }

  /** Tells every worker to go elsewhere; their attempts run on under their leases. */
  void drain(@Observes @Priority(Stopping.SEND_WORKERS_AWAY) ShutdownEvent event) {
    stopping = true;
    open.forEach(session -> session.drain(STOPS.getMessage()));
  }
}
