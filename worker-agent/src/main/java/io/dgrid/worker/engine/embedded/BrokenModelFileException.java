package io.dgrid.worker.engine.embedded;

import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;

/** A model file that cannot be used: the message says what is wrong, and where in the file. */
public final class BrokenModelFileException extends EngineException {
  private static final long serialVersionUID = 1L;

  BrokenModelFileException(String message) {
    super(EngineError.BROKEN_MODEL_FILE, message);
  }

  BrokenModelFileException(String message, Throwable cause) {
    super(EngineError.BROKEN_MODEL_FILE, message, cause);
  }
}
