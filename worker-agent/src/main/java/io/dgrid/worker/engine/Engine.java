package io.dgrid.worker.engine;

import io.dgrid.core.receipt.FinishReason;
import java.util.concurrent.CompletableFuture;

/** Runs one model. Thread safe. */
public interface Engine extends AutoCloseable {
  EngineModel model();

  /**
   * Starts an answer and returns at once. The request is checked before: nothing was started when
   * this throws.
   *
   * @param listener gets every token in order, on a thread of the engine; see {@link TokenListener}
   * @throws EngineException {@link EngineError#BUSY} when all slots and the queue are full, or
   *     because the request cannot be served
   */
  Generation generate(GenerateRequest request, TokenListener listener);

  /**
   * Scores given output tokens in one teacher-forced pass. Cancelling the future stops the work
   * soon.
   *
   * @return fails with an {@link EngineException}
   * @throws EngineException as {@link #generate}; {@link EngineError#SCORING_UNSUPPORTED} when this
   *     engine cannot score
   */
  CompletableFuture<ScoreResult> score(ScoreRequest request);

  /** Ends all work as {@link FinishReason#INTERRUPTED} and frees threads and memory. Idempotent. */
  @Override
  void close();
}
