package io.dgrid.scheduler.worker;

import io.dgrid.core.eip712.Domain;
import io.dgrid.proto.worker.v1.ForwardRequest;
import io.dgrid.proto.worker.v1.ForwardResponse;
import io.dgrid.proto.worker.v1.PeerServiceGrpc;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.scheduler.dispatch.WorkerDesk;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import java.time.InstantSource;

/** The door of the other schedulers. */
@GrpcService
class PeerEndpoint extends PeerServiceGrpc.PeerServiceImplBase {
  private final Domain domain;
  private final SchedulerConfig config;
  private final InstantSource clock;
  private final Loop loop;
  private final WorkerDesk desk;
  private final SchedulerMetrics metrics;

  PeerEndpoint(
      Domain domain,
      SchedulerConfig config,
      InstantSource clock,
      Loop loop,
      WorkerDesk desk,
      SchedulerMetrics metrics) {
    this.domain = domain;
    this.config = config;
    this.clock = clock;
    this.loop = loop;
    this.desk = desk;
    this.metrics = metrics;
  }

  @Override
  public StreamObserver<ForwardRequest> forward(StreamObserver<ForwardResponse> out) {
    return new PeerSession(
        (ServerCallStreamObserver<ForwardResponse>) out,
        new Checks(domain, clock),
        config.session(),
        loop,
        desk,
        metrics);
  }
}
