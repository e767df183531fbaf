package io.dgrid.worker.attempt;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.worker.engine.EngineException;
import java.util.concurrent.CompletionException;

/** What the network hears of an engine's failure: a stable code, no internal text of defects. */
public final class EngineFailures {
  private EngineFailures() {}

  public static DGridException coded(Throwable failure) {
    return switch (failure) {
      case CompletionException wrapped when wrapped.getCause() != null -> coded(wrapped.getCause());
      case DGridException already -> already;
      case EngineException engine -> new DGridException(codeOf(engine), engine.getMessage());
      default -> new DGridException(ErrorCode.WORKER_FAILED, "the engine failed");
    };
  }

  private static ErrorCode codeOf(EngineException failure) {
    return switch (failure.error()) {
      case BUSY -> ErrorCode.RATE_LIMITED;
      case INVALID_PROMPT, UNKNOWN_TOKEN -> ErrorCode.INVALID_REQUEST;
      case PROMPT_TOO_LONG -> ErrorCode.CONTEXT_EXCEEDED;
      case SCORING_UNSUPPORTED -> ErrorCode.UNSUPPORTED;
      case CLOSED, UPSTREAM_UNAVAILABLE, TIMEOUT -> ErrorCode.UNAVAILABLE;
      case BROKEN_OUTPUT,
          MODEL_FILE_UNREADABLE,
          BROKEN_MODEL_FILE,
          MODEL_TOO_LARGE,
          UPSTREAM_REJECTED,
          INTERNAL ->
          ErrorCode.WORKER_FAILED;
    };
  }
}
