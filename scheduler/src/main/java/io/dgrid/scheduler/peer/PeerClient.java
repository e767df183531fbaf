package io.dgrid.scheduler.peer;

import io.dgrid.proto.worker.v1.MusterRequest;
import io.dgrid.proto.worker.v1.MusterResponse;
import io.dgrid.proto.worker.v1.PeerServiceGrpc;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.transport.Channels;
import io.dgrid.transport.internal.InternalToken;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The connections to other schedulers: one each, shared by all workers. The owner's thread only.
 */
@Singleton
class PeerClient {
  private final SchedulerConfig.Peer config;
  private final Loop loop;
  private final InternalToken token;
  private final Map<String, Shared> connections = new HashMap<>();
  private final Map<OwnerLink, Lent> lent = new HashMap<>();

  private record Lent(PeerStream stream, Shared shared) {}

  private static final class Shared {
    private final ManagedChannel channel;
    private int users;

    private Shared(ManagedChannel channel) {
      this.channel = channel;
    }
  }

  PeerClient(SchedulerConfig config, Loop loop, InternalToken token) {
    this.config = config.peer();
    this.loop = loop;
    this.token = token;
  }

  /** A stream to the owner that dials now. */
  OwnerLink open(String owner, PeerStream.Listener listener) {
    Shared shared = borrow(owner);
    PeerStream stream = new PeerStream(owner, config, loop, shared.channel, token, listener);
    lent.put(stream, new Lent(stream, shared));
    stream.connect();
    return stream;
  }

  void close(OwnerLink link) {
    Lent returned = lent.remove(link);
    if (returned == null) {
      return;
    }
    returned.stream().close();
    giveBack(link.owner(), returned.shared());
  }

  /** Asks another scheduler for its workers; the answer comes on one of gRPC's threads. */
  void muster(
      String scheduler,
      MusterRequest request,
      Duration limit,
      StreamObserver<MusterResponse> answer) {
    Shared shared = borrow(scheduler);
    shared.channel.resetConnectBackoff();
    PeerServiceGrpc.newStub(shared.channel)
        .withCallCredentials(token)
        .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
        .muster(request, answer);
    // A channel that is shut down ends its calls first.
    loop.after(limit, () -> giveBack(scheduler, shared));
  }

  private Shared borrow(String scheduler) {
    Shared shared =
        connections.computeIfAbsent(scheduler, address -> new Shared(Channels.to(address)));
    shared.users++;
    return shared;
  }

  private void giveBack(String scheduler, Shared shared) {
    if (--shared.users == 0) {
      connections.remove(scheduler);
      shared.channel.shutdown();
    }
  }

  int streams() {
    return lent.size();
  }

  @PreDestroy
  void close() {
    connections.values().forEach(shared -> shared.channel.shutdownNow());
  }
}
