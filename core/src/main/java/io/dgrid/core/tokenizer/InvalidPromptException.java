package io.dgrid.core.tokenizer;

/** A prompt that no model can be asked; the message is meant for the client. */
public final class InvalidPromptException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InvalidPromptException(String message) {
    super(message);
  }
}
