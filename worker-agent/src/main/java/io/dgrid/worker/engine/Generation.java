package io.dgrid.worker.engine;

import java.util.concurrent.CompletableFuture;

/** A running answer. Thread safe. */
public interface Generation {
  /**
   * Completes after the last call of the listener, also when cancelled; fails with an {@link
   * EngineException} or with what the listener threw. Cancelling this future has no effect: use
   * {@link #cancel}.
   */
  CompletableFuture<FinishedGeneration> finished();

  /** Tokens of the rendered prompt: what is billed as input. */
  int inputTokens();

  /**
   * Asks the engine to stop before the next token or prefill block. Idempotent; tokens already
   * delivered stay valid.
   */
  void cancel();

  /**
   * Lets the engine produce positions below {@code position}. At the limit it pauses without a
   * thread and without spinning. A lower value than before has no effect.
   */
  void allowUntil(int position);
}
