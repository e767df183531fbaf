package io.dgrid.scheduler.peer;

import io.dgrid.proto.worker.v1.ForwardRequest;
import io.dgrid.proto.worker.v1.ForwardResponse;
import io.dgrid.proto.worker.v1.PeerServiceGrpc;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.transport.stream.StreamPump;
import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One worker's stream to one owner, dialled again with growing pauses until it is closed. The
 * owner's thread only, except for the gRPC callbacks, which hand over to it.
 */
final class PeerStream implements OwnerLink {
  private static final Logger LOG = Logger.getLogger(PeerStream.class);
  private static final int INBOX = 64;
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(50);
  private static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String owner;
  private final SchedulerConfig.Peer config;
  private final Loop loop;
  private final ManagedChannel channel;
  private final CallCredentials credentials;
  private final Listener listener;
  private final List<Runnable> heldBack = new ArrayList<>();
  private Optional<Open> current = Optional.empty();
  private Duration backoff = FIRST_BACKOFF;
  private boolean closed;

  private record Open(
      StreamPump<ForwardRequest> pump, ClientCallStreamObserver<ForwardRequest> out) {}

  /** Hears what the owner says; on the owner's thread, never after {@link #close}. */
  interface Listener {
    /** A fresh stream that knows nothing. */
    void opened(OwnerLink link);

    void said(OwnerLink link, ForwardResponse frame);

    void lost(OwnerLink link);
  }

  PeerStream(
      String owner,
      SchedulerConfig.Peer config,
      Loop loop,
      ManagedChannel channel,
      CallCredentials credentials,
      Listener listener) {
    this.owner = owner;
    this.config = config;
    this.loop = loop;
    this.channel = channel;
    this.credentials = credentials;
    this.listener = listener;
  }

  @Override
  public String owner() {
    return owner;
  }

  /** Dials; the listener hears of it later. */
  void connect() {
    if (!closed) {
      // gRPC's own pauses grow to minutes; ours decide.
      channel.resetConnectBackoff();
      PeerServiceGrpc.newStub(channel).withCallCredentials(credentials).forward(new Call());
    }
  }

  @Override
  public void offer(ForwardRequest frame) {
    if (current.isPresent() && !current.get().pump().offer(frame)) {
      current.get().out().cancel("the owner does not read", null);
    }
  }

  @Override
  public void whenThereIsRoom(Runnable step) {
    if (current.isPresent() && current.get().pump().size() >= config.outbox() / 2) {
      heldBack.add(step);
    } else {
      step.run();
    }
  }

  void close() {
    closed = true;
    current.ifPresent(open -> open.pump().complete());
    current = Optional.empty();
    releaseAll();
  }

  private void lost(Call call, Throwable why) {
    if (closed || call.over) {
      return;
    }
    call.over = true;
    boolean lived = System.nanoTime() - call.since > SETTLED_NANOS;
    if (lived) {
      LOG.warnf("stream to owner %s broke: %s", owner, why.getMessage());
      backoff = FIRST_BACKOFF;
    }
    current.ifPresent(open -> open.pump().abandon());
    current = Optional.empty();
    releaseAll();
    loop.after(backoff, this::connect);
    Duration doubled = backoff.multipliedBy(2);
    backoff = doubled.compareTo(config.longestBackoff()) > 0 ? config.longestBackoff() : doubled;
    listener.lost(this);
  }

  private void releaseAll() {
    List<Runnable> held = List.copyOf(heldBack);
    heldBack.clear();
    held.forEach(Runnable::run);
  }

  /** One try; its callbacks come on gRPC's threads. */
  private final class Call implements ClientResponseObserver<ForwardRequest, ForwardResponse> {
    private final long since = System.nanoTime();
    private @Nullable ClientCallStreamObserver<ForwardRequest> out;
    private boolean over;

    @Override
    public void beforeStart(ClientCallStreamObserver<ForwardRequest> requests) {
      out = requests;
      requests.disableAutoRequestWithInitial(INBOX);
      StreamPump<ForwardRequest> pump = new StreamPump<>(requests, config.outbox());
      pump.onDrained(() -> loop.execute(PeerStream.this::releaseAll));
      loop.execute(
          () -> {
            if (closed) {
              pump.complete();
            } else if (!over) {
              current = Optional.of(new Open(pump, requests));
              listener.opened(PeerStream.this);
            }
          });
    }

    @Override
    public void onNext(ForwardResponse frame) {
      loop.execute(
          () -> {
            try {
              if (!over && !closed) {
                listener.said(PeerStream.this, frame);
              }
            } finally {
              if (out != null) {
                out.request(1);
              }
            }
          });
    }

    @Override
    public void onError(Throwable why) {
      loop.execute(() -> lost(this, why));
    }

    @Override
    public void onCompleted() {
      loop.execute(() -> lost(this, new IllegalStateException("the owner ended it")));
    }
  }
}
