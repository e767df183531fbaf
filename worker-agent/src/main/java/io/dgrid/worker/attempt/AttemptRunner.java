package io.dgrid.worker.attempt;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.proto.worker.v1.Assignment;
import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.transport.error.FailureCodec;
import io.dgrid.worker.assignment.AcceptedAssignment;
import io.dgrid.worker.assignment.AssignmentCheck;
import io.dgrid.worker.assignment.AttemptKey;
import io.dgrid.worker.engine.Engine;
import io.dgrid.worker.engine.GenerateRequest;
import io.dgrid.worker.engine.Generation;
import io.dgrid.worker.engine.Prompt;
import io.dgrid.worker.model.ServedModel;
import io.dgrid.worker.receipt.FinishedWork;
import io.dgrid.worker.receipt.ReceiptIssuer;
import io.dgrid.worker.receipt.ReceiptJournal;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Does the slow things of attempts away from the agent's thread, and reports on it: checking and
 * tokenising, the engine, signing with its wait for the disk.
 */
public final class AttemptRunner {
  private static final Logger LOG = Logger.getLogger(AttemptRunner.class);
  private static final int MOST_SIGNED = 32;

  private final Executor agent;
  private final Executor preparation;
  private final Executor signing;
  private final Engine engine;
  private final ServedModel model;
  private final AssignmentCheck check;
  private final ReceiptIssuer issuer;
  private final ReceiptJournal journal;
  private final InstantSource clock;
  private final LongSupplier nanoClock;
  private final Queue<Unsigned> unsigned = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean outputAnnounced = new AtomicBoolean();
  private Consumer<Attempt> onStarted = a -> {};
  private Consumer<Attempt> onEngineEnded = a -> {};
  private BiConsumer<Attempt, AttemptResult> onSigned = (a, r) -> {};
  private Runnable onOutput = () -> {};

  /**
   * @param agent runs everything that touches attempts, one at a time
   * @param preparation runs checks and engine starts; may block
   * @param signing runs one task after the other, in order
   * @param nanoClock monotonic, as {@link System#nanoTime}
   */
  public AttemptRunner(
      Executor agent,
      Executor preparation,
      Executor signing,
      Engine engine,
      ServedModel model,
      AssignmentCheck check,
      ReceiptIssuer issuer,
      ReceiptJournal journal,
      InstantSource clock,
      LongSupplier nanoClock) {
    this.agent = agent;
    this.preparation = preparation;
    this.signing = signing;
    this.engine = engine;
    this.model = model;
    this.check = check;
    this.issuer = issuer;
    this.journal = journal;
    this.clock = clock;
    this.nanoClock = nanoClock;
  }

  void bind(
      Consumer<Attempt> started,
      Consumer<Attempt> engineEnded,
      BiConsumer<Attempt, AttemptResult> signed,
      Runnable output) {
    this.onStarted = started;
    this.onEngineEnded = engineEnded;
    this.onSigned = signed;
    this.onOutput = output;
  }

  Instant now() {
    return clock.instant();
  }

  long nanoTime() {
    return nanoClock.getAsLong();
  }

  ModelId model() {
    return model.id();
  }

  boolean canSign() {
    return journal.isUsable();
  }

  void start(Attempt attempt, Assignment wire) {
    int allowUntil = attempt.allowUntil;
    preparation.execute(
        () -> {
          try {
            AcceptedAssignment accepted = check.check(wire);
            Generation generation = generate(attempt, accepted, allowUntil);
            agent.execute(() -> running(attempt, accepted, generation));
          } catch (RuntimeException refused) {
            DGridException failure = EngineFailures.coded(refused);
            LOG.infof("attempt %s: refused, %s", attempt.key, failure.getMessage());
            agent.execute(() -> failed(attempt, failure));
          }
        });
  }

  void sign(Attempt attempt, FinishedWork work) {
    unsigned.add(new Unsigned(attempt, work));
    signing.execute(this::signWaiting);
  }

  /** An attempt whose receipt waits to be signed. */
  private record Unsigned(Attempt attempt, FinishedWork work) {}

  /** What came while the one before waited for the disk waits for it together. */
  private void signWaiting() {
    List<Unsigned> group = new ArrayList<>();
    Unsigned next = unsigned.poll();
    while (next != null) {
      group.add(next);
      next = group.size() < MOST_SIGNED ? unsigned.poll() : null;
    }
    if (group.isEmpty()) {
      return;
    }
    try {
      List<AttemptResult> results = issuer.issue(group.stream().map(Unsigned::work).toList());
      for (int i = 0; i < group.size(); i++) {
        signed(group.get(i).attempt(), results.get(i));
      }
    } catch (IOException | RuntimeException together) {
      // Nothing was issued: each on its own, so that no work loses its receipt by another's fault.
      group.forEach(this::signAlone);
    }
  }

  private void signAlone(Unsigned one) {
    AttemptResult result;
    try {
      result = issuer.issue(one.work());
    } catch (IOException | RuntimeException e) {
      LOG.errorf(e, "attempt %s: no receipt could be issued", one.attempt().key);
      result = unsigned(one.attempt());
    }
    signed(one.attempt(), result);
  }

  private void signed(Attempt attempt, AttemptResult result) {
    agent.execute(() -> onSigned.accept(attempt, result));
  }

  void acknowledge(AttemptKey key) {
    signing.execute(
        () -> {
          try {
            journal.acknowledge(key);
          } catch (IOException e) {
            LOG.warnf("attempt %s: the acknowledgement was not stored: %s", key, e.getMessage());
          }
        });
  }

  List<byte[]> tokenBytes(int[] ids) {
    List<byte[]> bytes = new ArrayList<>(ids.length);
    model.tokenizer().ifPresent(tokenizer -> addBytes(tokenizer, ids, bytes));
    return bytes;
  }

  private Generation generate(Attempt attempt, AcceptedAssignment accepted, int allowUntil) {
    Prompt prompt =
        model.tokenizer().isPresent()
            ? new Prompt.Tokens(accepted.promptTokens())
            : ServedModel.enginePrompt(accepted.wirePrompt());
    GenerateRequest request =
        new GenerateRequest(
            prompt,
            accepted.delivered(),
            accepted.sampling(),
            accepted.request().statement().maxOutputTokens(),
            allowUntil);
    return engine.generate(
        request,
        (position, ids, text, logprobs) -> {
          attempt.output.onTokens(position, ids, text, logprobs);
          announceOutput();
        });
  }

  /** At most one announcement waits on the agent's thread, however fast the engine is. */
  private void announceOutput() {
    if (outputAnnounced.compareAndSet(false, true)) {
      agent.execute(
          () -> {
            outputAnnounced.set(false);
            onOutput.run();
          });
    }
  }

  private void running(Attempt attempt, AcceptedAssignment accepted, Generation generation) {
    attempt.accepted = accepted;
    attempt.generation = generation;
    onStarted.accept(attempt);
    generation
        .finished()
        .whenComplete(
            (finished, failure) ->
                agent.execute(
                    () -> {
                      attempt.finished = finished;
                      if (failure != null) {
                        LOG.warnf(failure, "attempt %s: the engine failed", attempt.key);
                        attempt.failure = EngineFailures.coded(failure);
                      }
                      onEngineEnded.accept(attempt);
                    }));
  }

  private void failed(Attempt attempt, DGridException failure) {
    attempt.failure = failure;
    onEngineEnded.accept(attempt);
  }

  private static void addBytes(Tokenizer tokenizer, int[] ids, List<byte[]> bytes) {
    for (int id : ids) {
      bytes.add(tokenizer.knows(id) ? tokenizer.bytes(id) : new byte[0]);
    }
  }

  private static AttemptResult unsigned(Attempt attempt) {
    return attempt
        .result()
        .setFailure(
            FailureCodec.toWire(
                new DGridException(
                    ErrorCode.WORKER_FAILED, "the worker could not store its receipt")))
        .build();
  }
}
