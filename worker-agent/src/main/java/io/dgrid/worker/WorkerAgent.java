package io.dgrid.worker;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Pricing;
import io.dgrid.transport.trace.JobTracer;
import io.dgrid.worker.assignment.AssignmentCheck;
import io.dgrid.worker.attempt.AttemptRunner;
import io.dgrid.worker.attempt.Attempts;
import io.dgrid.worker.audit.AuditDesk;
import io.dgrid.worker.audit.Scorer;
import io.dgrid.worker.engine.Engine;
import io.dgrid.worker.metric.WorkerMetrics;
import io.dgrid.worker.model.ServedModel;
import io.dgrid.worker.offer.StandingAsk;
import io.dgrid.worker.receipt.ReceiptIssuer;
import io.dgrid.worker.receipt.ReceiptJournal;
import io.dgrid.worker.session.AgentLoop;
import io.dgrid.worker.session.Handshake;
import io.dgrid.worker.session.SessionClient;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** One worker, put together; knows nothing of the framework around it. */
public final class WorkerAgent implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(WorkerAgent.class);
  private static final Duration HAND_OVER = Duration.ofSeconds(3);
  private static final Duration POLL = Duration.ofMillis(20);

  private final AgentLoop loop = new AgentLoop();
  private final ExecutorService preparation =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("dgrid-prepare-", 0).factory());
  private final ExecutorService signing =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("dgrid-receipts").factory());
  private final Engine engine;
  private final ReceiptJournal journal;
  private final AuditDesk audits;
  private final Attempts attempts;
  private final SessionClient session;
  private volatile boolean stopping;

  /**
   * What an agent is made of.
   *
   * @param worker name of this process
   * @param hardware self-reported
   * @param version of this software
   */
  public record Parts(
      Settings settings,
      Domain domain,
      SigningKey key,
      ServedModel model,
      Engine engine,
      ReceiptJournal journal,
      WorkerMetrics metrics,
      JobTracer tracer,
      String worker,
      String hardware,
      String version) {}

  /**
   * Numbers an agent works with.
   *
   * @param schedulers {@code host:port} each
   * @param scoring whether it verifies for the oracle
   */
  public record Settings(
      List<String> schedulers,
      Pricing pricing,
      int slots,
      Duration offerValidity,
      Duration offerRenewal,
      boolean scoring,
      int scoreQueue,
      Duration scoreTimeout) {}

  /** Owns the engine and the journal from now on. */
  public WorkerAgent(Parts parts, InstantSource clock) {
    Settings settings = parts.settings();
    SigningKey key = parts.key();
    Domain domain = parts.domain();
    ServedModel model = parts.model();
    engine = parts.engine();
    journal = parts.journal();
    boolean scores = settings.scoring() && engine.model().scores();
    AttemptRunner runner =
        new AttemptRunner(
            loop,
            preparation,
            signing,
            engine,
            model,
            new AssignmentCheck(domain, key.address(), model, clock),
            new ReceiptIssuer(key, domain, journal),
            journal,
            clock,
            System::nanoTime);
    attempts =
        new Attempts(runner, parts.metrics(), parts.tracer(), settings.slots(), journal.pending());
    Scorer scorer = new Scorer(key, domain, model, engine, settings.scoreTimeout(), clock);
    audits = new AuditDesk(journal, scorer, parts.metrics(), settings.scoreQueue());
    StandingAsk ask =
        new StandingAsk(
            key,
            domain,
            model.id(),
            settings.pricing(),
            settings.slots(),
            settings.offerValidity(),
            settings.offerRenewal(),
            clock);
    session =
        new SessionClient(
            loop,
            settings.schedulers(),
            new Handshake(key, domain, parts.worker(), parts.hardware(), parts.version()),
            attempts,
            audits,
            ask,
            model.id(),
            scores,
            parts.metrics(),
            System::nanoTime);
    parts.metrics().watch(() -> ask(attempts::busySlots), () -> ask(attempts::unacknowledged));
  }

  public void start() {
    loop.execute(session::start);
  }

  /** Whether jobs can come: a session is open, receipts can be stored, no stop is under way. */
  public boolean isReady() {
    return session.isOpen() && journal.isUsable() && !stopping;
  }

  /** Why {@link #isReady} is false; empty when it is true. */
  public String unreadiness() {
    if (stopping) {
      return "draining";
    }
    if (!journal.isUsable()) {
      return "the receipt journal cannot be written";
    }
    return session.isOpen() ? "" : "no session with a scheduler";
  }

  /**
   * Takes nothing new, lets running attempts finish, then hands over what is left and gives its
   * receipts a moment to be acknowledged. Unacknowledged results are repeated after the next start.
   */
  public void drain(Duration patience) {
    stopping = true;
    loop.execute(attempts::drain);
    boolean idle = waitUntil(() -> ask(attempts::busySlots) == 0, patience);
    if (!idle) {
      LOG.info("handing over what still runs");
      loop.execute(attempts::interruptAll);
    }
    waitUntil(() -> ask(attempts::busySlots) == 0 && ask(attempts::unacknowledged) == 0, HAND_OVER);
  }

  @Override
  public void close() {
    stopping = true;
    ask(
        () -> {
          session.close();
          return 0;
        });
    engine.close();
    audits.close();
    preparation.shutdownNow();
    signing.shutdown();
    try {
      if (!signing.awaitTermination(5, TimeUnit.SECONDS)) {
        LOG.warn("a receipt was still being stored");
      }
      journal.close();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.warn("the receipt journal was not closed cleanly", e);
    }
    loop.close();
  }

  private int ask(Supplier<Integer> question) {
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    loop.execute(() -> answer.complete(question.get()));
    // A closed loop answers nothing; then nothing runs.
    return answer.completeOnTimeout(0, 1, TimeUnit.SECONDS).join();
  }

  private static boolean waitUntil(Supplier<Boolean> condition, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.get()) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      try {
        Thread.sleep(POLL);
      } catch (InterruptedException hurried) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }
}
