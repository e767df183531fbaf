package io.dgrid.worker.engine.embedded;

import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.worker.engine.Engine;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.engine.EngineModel;
import io.dgrid.worker.engine.GenerateRequest;
import io.dgrid.worker.engine.Generation;
import io.dgrid.worker.engine.ScoreRequest;
import io.dgrid.worker.engine.ScoreResult;
import io.dgrid.worker.engine.TokenListener;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs a GGUF model in this process, on as many named threads as it has slots. Decoding, scoring,
 * and continuing on another machine give the same bits.
 */
public final class EmbeddedEngine implements Engine {
  private static final int CLOSE_SECONDS = 10;

  private final LlamaModel model;
  private final EngineModel description;
  private final PromptRenderer renderer;
  private final SessionPool sessions;
  private final ThreadPoolExecutor threads;
  // Everything that runs, waits or pauses holds a ticket: this bounds the memory of all requests
  // together.
  private final Semaphore tickets;
  private final Set<EngineWork> live = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  private EmbeddedEngine(LlamaModel model, String digest, EmbeddedEngineConfig config) {
    this.model = model;
    description =
        new EngineModel(
            model.name(),
            Optional.of(digest),
            model.shape().vocabularySize(),
            model.shape().contextLength(),
            true,
            true);
    renderer = new PromptRenderer(model);
    sessions = new SessionPool(model, config.slots());
    tickets = new Semaphore(config.slots() + config.queue());
    threads =
        new ThreadPoolExecutor(
            config.slots(),
            config.slots(),
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("dgrid-engine-", 0).factory());
  }

  /**
   * Reads a model file.
   *
   * @throws BrokenModelFileException if the file is damaged, hostile or of an unsupported kind
   * @throws EngineException {@link EngineError#MODEL_FILE_UNREADABLE}, {@link
   *     EngineError#MODEL_TOO_LARGE}
   */
  public static EmbeddedEngine open(Path modelFile, EmbeddedEngineConfig config) {
    try (GgufFile file = GgufFile.open(modelFile)) {
      LlamaModel model = LlamaModel.read(file, config.memoryBytes());
      return new EmbeddedEngine(model, file.sha256(), config);
    }
  }

  /** An engine of its own on the same weights, without what this one has cached. */
  EmbeddedEngine fresh(EmbeddedEngineConfig config) {
    return new EmbeddedEngine(model, description.weightsDigest().orElseThrow(), config);
  }

  @Override
  public EngineModel model() {
    return description;
  }

  /** The tokenizer inside the model file. */
  public Tokenizer tokenizer() {
    return model.vocabulary().tokenizer();
  }

  @Override
  public Generation generate(GenerateRequest request, TokenListener listener) {
    EmbeddedGeneration generation =
        new EmbeddedGeneration(
            model, sessions, renderer, request, listener, this::submit, this::end);
    admit(generation);
    return generation;
  }

  @Override
  public CompletableFuture<ScoreResult> score(ScoreRequest request) {
    Scoring scoring = new Scoring(model, sessions, renderer, request, this::end);
    admit(scoring);
    return scoring.result();
  }

  /** Requests that run, wait or pause now. */
  public int activeRequests() {
    return live.size();
  }

  @Override
  public void close() {
    closed = true;
    live.forEach(EngineWork::interrupt);
    threads.shutdown();
    try {
      if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        // Only a blocked listener takes that long.
        threads.shutdownNow();
      }
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private void admit(EngineWork work) {
    if (closed) {
      throw closedException();
    }
    if (!tickets.tryAcquire()) {
      throw new EngineException(EngineError.BUSY, "all slots and waiting places are taken");
    }
    live.add(work);
    try {
      submit(work);
    } catch (EngineException e) {
      end(work);
      throw e;
    }
    if (closed) {
      // close() may have looked at the live work just before this one was added.
      work.interrupt();
    }
  }

  private void submit(EngineWork work) {
    try {
      threads.execute(work);
    } catch (RejectedExecutionException e) {
      throw new EngineException(EngineError.CLOSED, "the engine is closed", e);
    }
  }

  /**
   * Called exactly once per admitted work, before its future completes: whoever hears of the end
   * finds a free place.
   */
  private void end(EngineWork work) {
    if (live.remove(work)) {
      threads.remove(work);
      tickets.release();
    }
  }

  private static EngineException closedException() {
    return new EngineException(EngineError.CLOSED, "the engine is closed");
  }
}
