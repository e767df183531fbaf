package io.dgrid.worker;

import io.dgrid.core.receipt.FinishReason;
import io.dgrid.worker.engine.Engine;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.engine.EngineModel;
import io.dgrid.worker.engine.FinishedGeneration;
import io.dgrid.worker.engine.GenerateRequest;
import io.dgrid.worker.engine.Generation;
import io.dgrid.worker.engine.ScoreRequest;
import io.dgrid.worker.engine.ScoreResult;
import io.dgrid.worker.engine.TokenListener;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An engine whose every token the test decides. */
public final class FakeEngine implements Engine {
  private final BlockingQueue<Run> runs = new LinkedBlockingQueue<>();
  private volatile boolean closed;

  /** The next generation that was started. */
  public Run run() throws InterruptedException {
    Run run = runs.poll(10, TimeUnit.SECONDS);
    if (run == null) {
      throw new AssertionError("nothing was started");
    }
    return run;
  }

  public boolean isIdle() {
    return runs.isEmpty();
  }

  public boolean isClosed() {
    return closed;
  }

  @Override
  public EngineModel model() {
    return new EngineModel("fake", Optional.empty(), 1000, 512, true, false);
  }

  @Override
  public Generation generate(GenerateRequest request, TokenListener listener) {
    Run run = new Run(request, listener);
    runs.add(run);
    return run;
  }

  @Override
  public CompletableFuture<ScoreResult> score(ScoreRequest request) {
    int[] logprobs = new int[request.output().length];
    return CompletableFuture.completedFuture(
        new ScoreResult(
            3,
            logprobs,
            request.output().clone(),
            new ScoreResult.SurprisalSums(2.5, 2.0, 1.5, 0)));
  }

  @Override
  public void close() {
    closed = true;
  }

  /** One generation. */
  public static final class Run implements Generation {
    private final GenerateRequest request;
    private final TokenListener listener;
    private final CompletableFuture<FinishedGeneration> finished = new CompletableFuture<>();
    private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    private volatile int allowUntil;
    private int position;

    private Run(GenerateRequest request, TokenListener listener) {
      this.request = request;
      this.listener = listener;
      this.position = request.delivered().length;
      this.allowUntil = request.allowUntil();
    }

    /** Produces one token whose text is {@code tN}. */
    public Run token(int id) {
      byte[] text = ("t" + id).getBytes(StandardCharsets.UTF_8);
      listener.onTokens(position, new int[] {id}, text, new int[] {100});
      position++;
      return this;
    }

    public void finish(FinishReason reason) {
      int first = request.delivered().length;
      finished.complete(new FinishedGeneration(reason, 3, first, position - first));
    }

    public void fail() {
      finished.completeExceptionally(new EngineException(EngineError.UPSTREAM_UNAVAILABLE, "gone"));
    }

    public void awaitCancel() {
      cancelled.orTimeout(10, TimeUnit.SECONDS).join();
    }

    public GenerateRequest request() {
      return request;
    }

    public int allowedUntil() {
      return allowUntil;
    }

    @Override
    public CompletableFuture<FinishedGeneration> finished() {
      return finished;
    }

    @Override
    public int inputTokens() {
      return 3;
    }

    @Override
    public void cancel() {
      cancelled.complete(null);
    }

    @Override
    public void allowUntil(int newLimit) {
      allowUntil = Math.max(allowUntil, newLimit);
    }
  }
}
