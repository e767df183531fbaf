package io.dgrid.cli.chain;

/** The chain's endpoint does not answer, or refuses a call it should know. */
public final class ChainUnreachableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ChainUnreachableException(String message) {
    super(message);
  }

  ChainUnreachableException(String message, Throwable cause) {
    super(message, cause);
  }
}
