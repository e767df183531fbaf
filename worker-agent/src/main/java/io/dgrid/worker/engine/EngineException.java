package io.dgrid.worker.engine;

/**
 * The one exception of engines; {@link #error} says what went wrong, the message says it for the
 * operator.
 */
public class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final EngineError error;

  public EngineException(EngineError error, String message) {
    super(message);
    this.error = error;
  }

  public EngineException(EngineError error, String message, Throwable cause) {
    super(message, cause);
    this.error = error;
  }

  public EngineError error() {
    return error;
  }

  public boolean retryable() {
    return error.retryable();
  }
}
