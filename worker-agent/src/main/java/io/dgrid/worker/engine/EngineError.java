package io.dgrid.worker.engine;

/** Stable codes of what can go wrong in an engine. */
public enum EngineError {
  /** All slots and the queue are full. */
  BUSY(true),
  /** The engine was closed. */
  CLOSED(true),
  /** The prompt is empty, has an unknown role, or is of a kind this engine cannot take. */
  INVALID_PROMPT(false),
  /** Prompt and delivered output leave no room in the model's context. */
  PROMPT_TOO_LONG(false),
  /** A token id is outside the vocabulary. */
  UNKNOWN_TOKEN(false),
  /** This engine cannot score given tokens. */
  SCORING_UNSUPPORTED(false),
  /** The model answers with numbers that are none. */
  BROKEN_OUTPUT(false),
  /** The model file cannot be read from disk. */
  MODEL_FILE_UNREADABLE(true),
  /** The model file is damaged, hostile, or of an unsupported kind. */
  BROKEN_MODEL_FILE(false),
  /** The model needs more memory than this engine may use. */
  MODEL_TOO_LARGE(false),
  /** An engine behind a network cannot be reached or fails. */
  UPSTREAM_UNAVAILABLE(true),
  /** An engine behind a network refuses the request or answers nonsense. */
  UPSTREAM_REJECTED(false),
  /** An engine behind a network does not answer in time. */
  TIMEOUT(true),
  /** A defect of the engine itself. */
  INTERNAL(false);

  private final boolean retryable;

  EngineError(boolean retryable) {
    this.retryable = retryable;
  }

  /** Whether the same request can succeed later or elsewhere. */
  public boolean retryable() {
    return retryable;
  }
}
