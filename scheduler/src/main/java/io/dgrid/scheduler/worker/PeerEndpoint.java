package io.dgrid.scheduler.worker;

import io.dgrid.core.eip712.Domain;
import io.dgrid.proto.worker.v1.ForwardRequest;
import io.dgrid.proto.worker.v1.ForwardResponse;
import io.dgrid.proto.worker.v1.MusterRequest;
import io.dgrid.proto.worker.v1.MusterResponse;
import io.dgrid.proto.worker.v1.PeerServiceGrpc;
import io.dgrid.scheduler.Answers;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.scheduler.dispatch.WorkerDesk;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.scheduler.peer.Gateway;
import io.dgrid.transport.codec.Wire;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/** The door of the other schedulers. */
@GrpcService
class PeerEndpoint extends PeerServiceGrpc.PeerServiceImplBase {
  private static final Duration LOOP_LIMIT = Duration.ofSeconds(5);

  private final Domain domain;
  private final SchedulerConfig config;
  private final InstantSource clock;
  private final Loop loop;
  private final WorkerDesk desk;
  private final Gateway gateway;
  private final SchedulerMetrics metrics;

  PeerEndpoint(
      Domain domain,
      SchedulerConfig config,
      InstantSource clock,
      Loop loop,
      WorkerDesk desk,
      Gateway gateway,
      SchedulerMetrics metrics) {
    this.domain = domain;
    this.config = config;
    this.clock = clock;
    this.loop = loop;
    this.desk = desk;
    this.gateway = gateway;
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

  @Override
  public void muster(MusterRequest request, StreamObserver<MusterResponse> out) {
    String owner = request.getOwner();
    Set<Integer> partitions = Set.copyOf(request.getPartitionsList());
    Answers.answer(
        loop::execute,
        out,
        config.peer().muster().plus(LOOP_LIMIT),
        () -> gateway.muster(owner, partitions).thenApply(PeerEndpoint::named));
  }

  private static MusterResponse named(List<WorkerId> workers) {
    MusterResponse.Builder all = MusterResponse.newBuilder();
    workers.forEach(
        worker ->
            all.addWorkersBuilder().setNode(Wire.bytes(worker.node())).setWorker(worker.name()));
    return all.build();
  }
}
