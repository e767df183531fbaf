package io.dgrid.worker.attempt;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.worker.v1.Assignment;
import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.proto.worker.v1.CancelAttempt;
import io.dgrid.proto.worker.v1.Flow;
import io.dgrid.proto.worker.v1.ResultAck;
import io.dgrid.proto.worker.v1.RunningAttempt;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.trace.JobTracer;
import io.dgrid.worker.assignment.AttemptKey;
import io.dgrid.worker.attempt.Attempt.Phase;
import io.dgrid.worker.attempt.Attempt.Stop;
import io.dgrid.worker.metric.WorkerMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * All attempts of this worker. Commands come in from the scheduler and the clock, messages are
 * taken out with {@link #next}; they outlive the session. Confined to the agent's thread.
 */
public final class Attempts {
  private static final Logger LOG = Logger.getLogger(Attempts.class);
  private static final int CHUNK_TOKENS = 256;
  private static final int MAX_LAPSED = 256;
  private static final int MAX_UNACKNOWLEDGED = 1024;
  private static final long KEEP_LAPSED = TimeUnit.MINUTES.toNanos(10);
  private static final long FLOW_PATIENCE = TimeUnit.SECONDS.toNanos(2);

  private final AttemptRunner runner;
  private final WorkerMetrics metrics;
  private final JobTracer tracer;
  private final Map<AttemptKey, Attempt> attempts = new LinkedHashMap<>();
  private final RestoredResults restored;
  private final AttemptMessages messages;
  private final int slots;
  private int turn;
  private boolean draining;
  private Runnable changed = () -> {};
  private Runnable outputReady = () -> {};

  public Attempts(
      AttemptRunner runner,
      WorkerMetrics metrics,
      JobTracer tracer,
      int slots,
      Map<AttemptKey, AttemptResult> restoredResults) {
    this.runner = runner;
    this.metrics = metrics;
    this.tracer = tracer;
    this.slots = slots;
    restored = new RestoredResults(restoredResults);
    messages = new AttemptMessages(runner);
    runner.bind(this::started, this::engineEnded, this::signed, () -> outputReady.run());
  }

  /**
   * @param onChange what the worker would say of itself is different now
   * @param onOutput {@link #next} may have something
   */
  public void listen(Runnable onChange, Runnable onOutput) {
    this.changed = onChange;
    this.outputReady = onOutput;
  }

  /**
   * Runs an assignment, or answers with a failed result. A repeated assignment changes nothing.
   *
   * @param leaseDeadline on the runner's monotonic clock, nanoseconds
   */
  public void assign(Assignment wire, long leaseDeadline) {
    AttemptKey key = AttemptKey.of(wire.getJobId(), wire.getAttempt());
    if (attempts.containsKey(key) || restored.contains(key)) {
      return;
    }
    for (Attempt other : List.copyOf(attempts.values())) {
      if (other.key.jobId().equals(key.jobId())) {
        if (other.key.attempt() > key.attempt()) {
          return;
        }
        forget(other);
      }
    }
    boolean full = freeSlots() < 1;
    Attempt attempt =
        new Attempt(
            key,
            wire.hasPartition() ? OptionalInt.of(wire.getPartition()) : OptionalInt.empty(),
            tracer
                .follow("attempt.serve", wire.getTraceparent())
                .job(key.jobId())
                .model(runner.model())
                .attempt(key.attempt()),
            wire.getDeliveredCount(),
            wire.getAllowUntil(),
            runner.now(),
            runner.nanoTime(),
            leaseDeadline);
    attempts.put(key, attempt);
    if (full) {
      attempt.failure = new DGridException(ErrorCode.RATE_LIMITED, "the worker takes no more jobs");
      close(attempt, AttemptMessages.failed(attempt, attempt.failure));
      attempt.span.fail(attempt.failure.code().name());
    } else {
      runner.start(attempt, wire);
    }
    changed.run();
  }

  /** Stops an attempt, with or without a receipt for what it delivered. */
  public void cancel(CancelAttempt wire) {
    AttemptKey key = AttemptKey.of(wire.getJobId(), wire.getAttempt());
    Attempt attempt = attempts.get(key);
    if (attempt == null) {
      if (!wire.getReceiptWanted() && restored.remove(key)) {
        runner.acknowledge(key);
      }
      return;
    }
    LOG.debugf("attempt %s: cancelled, %s", key, wire.getReason());
    attempt.awaitsFlow = false;
    if (!wire.getReceiptWanted()) {
      forget(attempt);
    } else if (wire.hasReceiptUntil()) {
      attempt.receiptUntil = Wire.count(wire.getReceiptUntil(), "receipt_until");
      attempt.stopEngine(Stop.INTERRUPT);
      signIfDue(attempt);
    } else {
      attempt.stopEngine(Stop.CANCEL);
      signIfDue(attempt);
    }
    changed.run();
    outputReady.run();
  }

  /** Moves an attempt's window, and adopts it after a reconnect. */
  public void flow(Flow wire) {
    Attempt attempt = attempts.get(AttemptKey.of(wire.getJobId(), wire.getAttempt()));
    if (attempt == null) {
      return;
    }
    attempt.allowUntil = Math.max(attempt.allowUntil, wire.getAllowUntil());
    if (attempt.generation != null) {
      attempt.generation.allowUntil(attempt.allowUntil);
    }
    if (wire.hasResendFrom()) {
      attempt.output.resendFrom(wire.getResendFrom());
    }
    attempt.awaitsFlow = false;
    signIfDue(attempt);
    outputReady.run();
  }

  /** The result is durable: forget the attempt. */
  public void acknowledge(ResultAck wire) {
    AttemptKey key = AttemptKey.of(wire.getJobId(), wire.getAttempt());
    if (attempts.remove(key) != null | restored.remove(key)) {
      runner.acknowledge(key);
      changed.run();
    }
  }

  /** All leases now end then. */
  public void renew(long leaseDeadline) {
    for (Attempt attempt : attempts.values()) {
      attempt.leaseDeadline = leaseDeadline;
    }
  }

  /** Ends leases whose time is over. */
  public void tick() {
    long now = runner.nanoTime();
    boolean stateChanged = false;
    for (Attempt attempt : List.copyOf(attempts.values())) {
      if (attempt.isLeased() && now - attempt.leaseDeadline >= 0) {
        LOG.warnf("attempt %s: the lease was not renewed in time", attempt.key);
        attempt.phase = Phase.LAPSED;
        attempt.lapsedAt = now;
        attempt.stopEngine(Stop.INTERRUPT);
        ended(attempt, "lease lapsed");
        stateChanged = true;
      } else if (attempt.phase == Phase.LAPSED && isOld(attempt, now)) {
        attempts.remove(attempt.key);
        stateChanged = true;
      } else if (attempt.awaitsFlow
          && attempt.phase == Phase.CLOSED
          && now - attempt.flowDeadline >= 0) {
        attempt.awaitsFlow = false;
        outputReady.run();
      }
    }
    if (stateChanged) {
      changed.run();
    }
  }

  /** A new stream: everything unacknowledged is said again, chunks wait for their positions. */
  public void sessionOpened() {
    restored.sessionOpened();
    for (Attempt attempt : attempts.values()) {
      attempt.resultSent = false;
      attempt.awaitsFlow = attempt.result == null || attempt.result.hasReceipt();
      attempt.flowDeadline = runner.nanoTime() + FLOW_PATIENCE;
    }
  }

  /** The next message to send; attempts take turns. */
  public Optional<SessionRequest> next() {
    Optional<AttemptResult> older = restored.next();
    if (older.isPresent()) {
      return older.map(AttemptMessages::result);
    }
    List<Attempt> all = new ArrayList<>(attempts.values());
    for (int i = 0; i < all.size(); i++) {
      turn = (turn + 1) % all.size();
      Optional<SessionRequest> message = nextOf(all.get(turn));
      if (message.isPresent()) {
        return message;
      }
    }
    return Optional.empty();
  }

  public List<RunningAttempt> running() {
    return attempts.values().stream().filter(Attempt::isListed).map(messages::running).toList();
  }

  /** How many assignments may come now: the credit. */
  public int freeSlots() {
    if (draining || unacknowledged() >= MAX_UNACKNOWLEDGED || !runner.canSign()) {
      return 0;
    }
    return Math.max(0, slots - busySlots());
  }

  public int busySlots() {
    return (int) attempts.values().stream().filter(Attempt::occupiesSlot).count();
  }

  public int unacknowledged() {
    return restored.size()
        + (int) attempts.values().stream().filter(a -> a.phase == Phase.CLOSED).count();
  }

  /** Takes nothing new from now on. */
  public void drain() {
    draining = true;
    changed.run();
  }

  public boolean isDraining() {
    return draining;
  }

  /** Hands everything that runs over: what was delivered gets a receipt, others continue. */
  public void interruptAll() {
    for (Attempt attempt : attempts.values()) {
      if (attempt.isLeased()) {
        attempt.stopEngine(Stop.INTERRUPT);
      }
    }
  }

  private Optional<SessionRequest> nextOf(Attempt attempt) {
    if (attempt.awaitsFlow) {
      return Optional.empty();
    }
    if (attempt.isAudible()) {
      Optional<AttemptOutput.Slice> slice = attempt.output.next(attempt.sendLimit(), CHUNK_TOKENS);
      if (slice.isPresent()) {
        signIfDue(attempt);
        count(attempt, slice.get());
        return slice.map(s -> messages.chunk(attempt, s));
      }
    }
    AttemptResult result = attempt.result;
    boolean complete = !attempt.isAudible() || attempt.output.isDrained();
    if (result == null || attempt.resultSent || !complete) {
      return Optional.empty();
    }
    attempt.resultSent = true;
    changed.run();
    return Optional.of(AttemptMessages.result(result));
  }

  private void started(Attempt attempt) {
    if (attempts.get(attempt.key) != attempt || attempt.stop != Stop.NOT_ASKED) {
      attempt.stopEngine(Stop.INTERRUPT);
    }
    if (attempt.phase == Phase.PREPARING) {
      attempt.phase = Phase.RUNNING;
    }
    if (attempt.generation != null) {
      attempt.generation.allowUntil(attempt.allowUntil);
    }
  }

  private void engineEnded(Attempt attempt) {
    attempt.engineEnded = true;
    attempt.finishedAt = runner.now();
    if (attempt.isLeased()) {
      attempt.phase = Phase.ENDED;
    }
    signIfDue(attempt);
    outputReady.run();
  }

  /**
   * A receipt covers exactly what went out, so it is signed only once everything did, and not while
   * nobody can say whether the attempt is still ours.
   */
  private void signIfDue(Attempt attempt) {
    boolean possible =
        attempt.phase == Phase.ENDED
            || (attempt.phase == Phase.LAPSED && attempt.receiptUntil != Integer.MAX_VALUE);
    boolean complete = !attempt.isAudible() || attempt.output.isDrained();
    if (!possible || !attempt.engineEnded || attempt.awaitsFlow || !complete) {
      return;
    }
    int until = Math.min(attempt.receiptUntil, attempt.output.nextPosition());
    int tokens = Math.max(0, until - attempt.output.firstPosition());
    Closing closing = Closing.of(attempt, tokens);
    if (closing.failure().isPresent() && !closing.needsReceipt()) {
      close(attempt, AttemptMessages.failed(attempt, closing.failure().get()));
      ended(attempt, closing.failure().get().code().name());
      changed.run();
      return;
    }
    attempt.phase = Phase.SIGNING;
    runner.sign(
        attempt,
        closing.work(
            attempt,
            Arrays.copyOf(attempt.output.ids(), tokens),
            Arrays.copyOf(attempt.output.logprobs(), tokens)));
    ended(attempt, closing.reason().name());
  }

  private void signed(Attempt attempt, AttemptResult result) {
    if (attempts.get(attempt.key) != attempt) {
      // Forgotten while it was being signed: the chain has it, nobody will ask for it.
      runner.acknowledge(attempt.key);
      return;
    }
    close(attempt, result);
    changed.run();
    outputReady.run();
  }

  private void close(Attempt attempt, AttemptResult result) {
    attempt.phase = Phase.CLOSED;
    attempt.result = result;
  }

  private void forget(Attempt attempt) {
    attempt.stopEngine(Stop.INTERRUPT);
    attempts.remove(attempt.key);
    if (attempt.phase == Phase.CLOSED) {
      runner.acknowledge(attempt.key);
    } else if (attempt.isLeased()) {
      ended(attempt, "superseded");
    }
  }

  private boolean isOld(Attempt attempt, long now) {
    return now - attempt.lapsedAt >= KEEP_LAPSED || attempts.size() > MAX_LAPSED + slots;
  }

  private void ended(Attempt attempt, String outcome) {
    int input = attempt.accepted == null ? 0 : attempt.accepted.promptTokens().length;
    Duration duration = Duration.ofNanos(runner.nanoTime() - attempt.startedNanos);
    metrics.attemptEnded(outcome, duration, input, attempt.output.tokens());
    if (attempt.failure == null) {
      attempt.span.end(outcome);
    } else {
      attempt.span.fail(outcome);
    }
  }

  private void count(Attempt attempt, AttemptOutput.Slice slice) {
    if (!attempt.firstChunkSent) {
      attempt.firstChunkSent = true;
      metrics.firstToken(Duration.ofNanos(runner.nanoTime() - attempt.startedNanos));
    }
    metrics.chunkSent(slice.ids().length);
  }
}
