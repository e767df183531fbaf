package io.dgrid.core.tokenizer;

/** A vocabulary that cannot work: its message says which entry is wrong and where it came from. */
public final class BrokenTokenizerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BrokenTokenizerException(String message) {
    super(message);
  }

  public BrokenTokenizerException(String message, Throwable cause) {
    super(message, cause);
  }
}
