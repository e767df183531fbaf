package io.dgrid.core.error;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A failure with a stable code. The message is for the caller: it says what to do and holds no
 * internal text. Metadata are machine-readable facts, named at the code in {@code error.proto}.
 */
public final class DGridException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final transient Map<String, String> metadata;

  public DGridException(ErrorCode code, String message) {
    this(code, message, Map.of(), null);
  }

  public DGridException(ErrorCode code, String message, Map<String, String> metadata) {
    this(code, message, metadata, null);
  }

  public DGridException(
      ErrorCode code, String message, Map<String, String> metadata, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.metadata = Map.copyOf(metadata);
  }

  public ErrorCode code() {
    return code;
  }

  public Map<String, String> metadata() {
    return metadata == null ? Map.of() : metadata;
  }

  public boolean retryable() {
    return code.retryable();
  }
}
