package io.dgrid.scheduler.relay;

import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.RelayRequest;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.proto.job.v1.RelayServiceGrpc;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.LiveJob;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.transport.Channels;
import io.dgrid.transport.stream.StreamPump;
import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * The one stream to one edge, dialled again with growing pauses while any job is followed. The
 * owner's thread only, except for the gRPC callbacks, which hand over to it.
 */
final class EdgeStream {
  private static final Logger LOG = Logger.getLogger(EdgeStream.class);
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(50);

  private final String address;
  private final SchedulerConfig.Relay config;
  private final Loop loop;
  private final CallCredentials credentials;
  private final Listener listener;
  private final ManagedChannel channel;
  private final Map<JobId, Follower> followers = new HashMap<>();
  private final Set<Follower> behind = new LinkedHashSet<>();
  private Optional<StreamPump<RelayRequest>> pump = Optional.empty();
  private Duration backoff = FIRST_BACKOFF;
  private boolean closed;

  /** Hears what the edge wants; on the owner's thread. */
  interface Listener {
    void asked(EdgeStream edge, RelayResponse command);
  }

  EdgeStream(
      String address,
      SchedulerConfig.Relay config,
      Loop loop,
      CallCredentials credentials,
      Listener listener) {
    this.address = address;
    this.config = config;
    this.loop = loop;
    this.credentials = credentials;
    this.listener = listener;
    channel = Channels.to(address);
    connect();
  }

  String address() {
    return address;
  }

  boolean isIdle() {
    return followers.isEmpty();
  }

  void follow(LiveJob job, int from) {
    Follower known = followers.get(job.id());
    if (known == null) {
      known = new Follower(job, from);
      followers.put(job.id(), known);
    } else {
      known.attached(from);
    }
    advance(known);
  }

  Optional<Follower> follower(JobId id) {
    return Optional.ofNullable(followers.get(id));
  }

  void forget(JobId id) {
    Follower gone = followers.remove(id);
    if (gone != null) {
      behind.remove(gone);
    }
  }

  void changed(LiveJob job) {
    Follower follower = followers.get(job.id());
    if (follower != null) {
      advance(follower);
    }
  }

  void advance(Follower follower) {
    boolean done = pump.isPresent() && follower.advance(message -> pump.get().offer(message));
    if (done) {
      behind.remove(follower);
    } else {
      behind.add(follower);
    }
  }

  private void advanceAll() {
    for (Follower follower : List.copyOf(behind)) {
      advance(follower);
    }
  }

  private void connect() {
    if (closed) {
      return;
    }
    // gRPC's own pauses grow to minutes; ours decide.
    channel.resetConnectBackoff();
    RelayServiceGrpc.newStub(channel).withCallCredentials(credentials).relay(new Call());
  }

  private void lost(Call call, Throwable why) {
    if (closed || call.over) {
      return;
    }
    call.over = true;
    if (pump.isPresent()) {
      LOG.warnf("stream to edge %s broke: %s", address, why.getMessage());
    }
    pump.ifPresent(StreamPump::abandon);
    pump = Optional.empty();
    behind.addAll(followers.values());
    loop.after(backoff, this::connect);
    Duration doubled = backoff.multipliedBy(2);
    backoff = doubled.compareTo(config.longestBackoff()) > 0 ? config.longestBackoff() : doubled;
  }

  void close() {
    closed = true;
    pump.ifPresent(StreamPump::complete);
    channel.shutdown();
  }

  /** One try; its callbacks come on gRPC's threads. */
  private final class Call implements ClientResponseObserver<RelayRequest, RelayResponse> {
    private boolean over;

    @Override
    public void beforeStart(ClientCallStreamObserver<RelayRequest> out) {
      StreamPump<RelayRequest> fresh = new StreamPump<>(out, config.outbox());
      fresh.onDrained(() -> loop.execute(EdgeStream.this::advanceAll));
      loop.execute(
          () -> {
            if (over || closed) {
              return;
            }
            pump = Optional.of(fresh);
            followers.values().forEach(Follower::reconnected);
            behind.addAll(followers.values());
            advanceAll();
          });
    }

    @Override
    public void onNext(RelayResponse command) {
      loop.execute(
          () -> {
            backoff = FIRST_BACKOFF;
            listener.asked(EdgeStream.this, command);
          });
    }

    @Override
    public void onError(Throwable why) {
      loop.execute(() -> lost(this, why));
    }

    @Override
    public void onCompleted() {
      loop.execute(() -> lost(this, new IllegalStateException("the edge ended it")));
    }
  }
}
