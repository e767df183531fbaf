package io.dgrid.scheduler.peer;

import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.transport.Channels;
import io.dgrid.transport.internal.InternalToken;
import io.grpc.ManagedChannel;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;

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
    private int streams;

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
    Shared shared = connections.computeIfAbsent(owner, address -> new Shared(Channels.to(address)));
    shared.streams++;
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
    if (--returned.shared().streams == 0) {
      connections.remove(link.owner());
      returned.shared().channel.shutdown();
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
