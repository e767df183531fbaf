package io.dgrid.worker.session;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.proto.worker.v1.Welcome;
import io.dgrid.proto.worker.v1.WorkerServiceGrpc;
import io.dgrid.proto.worker.v1.WorkerState;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.StatusCodec;
import io.dgrid.worker.attempt.Attempts;
import io.dgrid.worker.audit.AuditDesk;
import io.dgrid.worker.metric.WorkerMetrics;
import io.dgrid.worker.offer.StandingAsk;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one session with one of the schedulers, for ever: says what is, does what it is told.
 * Attempts outlive sessions. Confined to the agent's thread, except for {@link #isOpen}.
 */
public final class SessionClient implements SessionStream.Handler {
  private static final Logger LOG = Logger.getLogger(SessionClient.class);
  private static final Duration HANDSHAKE = Duration.ofSeconds(10);
  private static final Duration TICK = Duration.ofMillis(100);

  private static final Duration FIRST_BACKOFF = Duration.ofMillis(100);
  private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(10);
  private static final long SILENCE = TimeUnit.SECONDS.toNanos(5);
  private static final long DEFAULT_LEASE_MILLIS = 10_000;
  // Chunks wait in their attempts, where they can be joined; only a few are handed to the stream.
  private static final int STREAM_AHEAD = 4;

  private final AgentLoop loop;
  private final List<String> schedulers;
  private final Handshake handshake;
  private final Attempts attempts;
  private final AuditDesk audits;
  private final StandingAsk ask;
  private final ModelId model;
  private final boolean scores;
  private final WorkerMetrics metrics;
  private final LongSupplier nanoClock;
  private final StatePace pace = new StatePace();
  private final Backoff backoff =
      new Backoff(FIRST_BACKOFF, LONGEST_BACKOFF, new java.util.SplittableRandom());

  private int next;
  private @Nullable ManagedChannel channel;
  private @Nullable SessionStream stream;
  private @Nullable Future<?> handshakeTimer;
  private volatile boolean open;
  private boolean leaving;
  private boolean closed;
  private boolean statePending;
  private long heartbeatNanos;
  private long leaseNanos;
  private long lastHeard;
  private long leavingSince;

  public SessionClient(
      AgentLoop loop,
      List<String> schedulers,
      Handshake handshake,
      Attempts attempts,
      AuditDesk audits,
      StandingAsk ask,
      ModelId model,
      boolean scores,
      WorkerMetrics metrics,
      LongSupplier nanoClock) {
    if (schedulers.isEmpty()) {
      throw new IllegalArgumentException("dgrid.worker.schedulers names no scheduler");
    }
    this.loop = loop;
    this.schedulers = List.copyOf(schedulers);
    this.handshake = handshake;
    this.attempts = attempts;
    this.audits = audits;
    this.ask = ask;
    this.model = model;
    this.scores = scores;
    this.metrics = metrics;
    this.nanoClock = nanoClock;
  }

  /** Starts dialling. */
  public void start() {
    attempts.listen(
        () -> {
          pace.due(attempts.freeSlots());
          flush();
        },
        this::flush);
    loop.every(TICK, this::tick);
    dial();
  }

  /** Whether a session is open now. Thread-safe. */
  public boolean isOpen() {
    return open;
  }

  /** Says goodbye and dials no more. */
  public void close() {
    closed = true;
    if (stream != null) {
      stream.complete();
    }
    closeChannel();
  }

  @Override
  public void received(SessionStream from, SessionResponse message) {
    // After the goodbye nothing may start; unacknowledged results are repeated after the next
    // start.
    if (from != stream || closed) {
      return;
    }
    lastHeard = nanoClock.getAsLong();
    try {
      dispatch(from, message);
    } catch (DGridException refused) {
      LOG.warnf("%s: %s", message.getMessageCase(), refused.getMessage());
      if (!open) {
        from.cancel(refused.getMessage());
      }
    }
    flush();
  }

  @Override
  public void drained(SessionStream from) {
    if (from == stream) {
      flush();
    }
  }

  @Override
  public void ended(SessionStream from, @Nullable Throwable error) {
    if (from != stream) {
      return;
    }
    String target = schedulers.get(next);
    String why =
        error == null ? "the scheduler ended it" : StatusCodec.fromStatus(error).getMessage();
    LOG.infof(open ? "session with %s lost: %s" : "no session with %s: %s", target, why);
    metrics.sessionLost(open ? "lost" : "refused");
    if (open) {
      backoff.reset();
    }
    forgetStream();
    if (!closed) {
      next = (next + 1) % schedulers.size();
      loop.schedule(backoff.next(), this::dial);
    }
  }

  private void dial() {
    if (closed) {
      return;
    }
    closeChannel();
    ManagedChannel dialled = Channels.to(schedulers.get(next));
    channel = dialled;
    SessionStream session = new SessionStream(loop, this);
    stream = session;
    leaving = false;
    WorkerServiceGrpc.newStub(dialled).session(session);
    session.offer(handshake.hello());
    handshakeTimer =
        loop.schedule(HANDSHAKE, () -> session.cancel("no welcome within " + HANDSHAKE));
  }

  private void dispatch(SessionStream from, SessionResponse message) {
    switch (message.getMessageCase()) {
      case CHALLENGE -> from.offer(handshake.answer(message.getChallenge()));
      case WELCOME -> welcome(message.getWelcome());
      case ASSIGN -> attempts.assign(message.getAssign(), lastHeard + leaseNanos);
      case CANCEL -> attempts.cancel(message.getCancel());
      case FLOW -> attempts.flow(message.getFlow());
      case ACK -> attempts.acknowledge(message.getAck());
      // The lease counts from when we hear of it on our own clock, so that clocks need not agree.
      case RENEWAL -> attempts.renew(lastHeard + leaseNanos);
      case DRAIN -> {
        LOG.infof("the scheduler stops: %s", message.getDrain().getReason());
        leaving = true;
        leavingSince = lastHeard;
        pace.due();
      }
      case OPEN -> audits.open(message.getOpen(), reply -> loop.execute(() -> answer(from, reply)));
      case SCORE ->
          audits.score(message.getScore(), reply -> loop.execute(() -> answer(from, reply)));
      case MESSAGE_NOT_SET -> LOG.debug("a message of a newer protocol was ignored");
    }
  }

  private void welcome(Welcome welcome) {
    if (handshakeTimer != null) {
      handshakeTimer.cancel(false);
    }
    heartbeatNanos = TimeUnit.MILLISECONDS.toNanos(Math.max(50, welcome.getHeartbeatMs()));
    long lease = welcome.getLeaseMs() > 0 ? welcome.getLeaseMs() : DEFAULT_LEASE_MILLIS;
    leaseNanos = TimeUnit.MILLISECONDS.toNanos(lease);
    LOG.infof("session with %s open", schedulers.get(next));
    metrics.sessionOpened();
    attempts.sessionOpened();
    pace.opened();
    open = true;
  }

  private void answer(SessionStream to, SessionRequest reply) {
    if (to == stream && open && !to.offer(reply)) {
      // The scheduler asks more than it reads; a new session starts from a clean slate.
      to.cancel("the outbox is full");
    }
  }

  private void flush() {
    SessionStream to = stream;
    if (!open || to == null) {
      return;
    }
    sayState(to);
    while (to.waiting() < STREAM_AHEAD) {
      Optional<SessionRequest> message = attempts.next();
      if (message.isEmpty()) {
        break;
      }
      to.offer(message.get());
    }
    sayState(to);
  }

  private void sayState(SessionStream to) {
    long now = nanoClock.getAsLong();
    OptionalLong dueIn = pace.dueIn(now);
    if (dueIn.isEmpty()) {
      return;
    }
    if (dueIn.getAsLong() > 0) {
      sayStateIn(Duration.ofNanos(dueIn.getAsLong()).plusMillis(1));
    } else if (to.offer(state())) {
      pace.said(now);
    }
  }

  private void sayStateIn(Duration pause) {
    if (statePending) {
      return;
    }
    statePending = true;
    loop.schedule(
        pause,
        () -> {
          statePending = false;
          flush();
        });
  }

  private SessionRequest state() {
    boolean draining = attempts.isDraining() || leaving;
    WorkerState.Builder state =
        WorkerState.newBuilder()
            .setFreeSlots(leaving ? 0 : attempts.freeSlots())
            .addAllRunning(attempts.running())
            .setDraining(draining);
    if (!draining) {
      state.addOffers(OfferCodec.toWire(ask.current()));
    }
    if (scores) {
      state.addScores(Wire.bytes(model));
    }
    return SessionRequest.newBuilder().setState(state).build();
  }

  private void tick() {
    attempts.tick();
    SessionStream to = stream;
    if (!open || to == null) {
      return;
    }
    long now = nanoClock.getAsLong();
    if (now - lastHeard > Math.max(SILENCE, Math.max(3 * heartbeatNanos, leaseNanos))) {
      to.cancel("the scheduler is silent");
      return;
    }
    if (leaving && now - leavingSince > leaseNanos) {
      to.cancel("the scheduler stops");
      return;
    }
    if (leaving && attempts.busySlots() == 0 && attempts.unacknowledged() == 0) {
      to.complete();
    }
    if (ask.isDue() || now - pace.lastSaid() > heartbeatNanos * 2 / 3) {
      pace.due();
    }
    flush();
  }

  private void forgetStream() {
    open = false;
    stream = null;
    if (handshakeTimer != null) {
      handshakeTimer.cancel(false);
    }
    closeChannel();
  }

  private void closeChannel() {
    if (channel != null) {
      channel.shutdown();
      channel = null;
    }
  }
}
