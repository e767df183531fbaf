package io.dgrid.local;

/** The one failure of the local network; its message is meant for the person at the terminal. */
public final class LocalNetworkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, stable for programs. */
  public enum Code {
    /** A port of the network is taken by another program. */
    PORT_IN_USE,
    /** A child process ended although nobody asked it to. */
    PROCESS_DIED,
    /** A child process runs but did not become ready in its time. */
    NOT_READY,
    /** A program or file this machine should have is absent. */
    MISSING,
    /** The chain refused or did not answer a call of the set-up. */
    CHAIN_FAILED,
    /** The data directory cannot be used, or another network runs on it. */
    DATA_DIRECTORY
  }

  private final Code code;

  public LocalNetworkException(Code code, String message) {
    super(message);
    this.code = code;
  }

  public LocalNetworkException(Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public Code code() {
    return code;
  }

  /** True where the same call may succeed later without anything being repaired by hand. */
  public boolean retryable() {
    return switch (code) {
      case PORT_IN_USE, PROCESS_DIED, NOT_READY, CHAIN_FAILED -> true;
      case MISSING, DATA_DIRECTORY -> false;
    };
  }
}
