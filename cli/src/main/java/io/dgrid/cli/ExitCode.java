package io.dgrid.cli;

import io.dgrid.core.error.DGridException;

/** Exit codes; other programs rely on them. */
public final class ExitCode {
  public static final int OK = 0;

  /** A check or a job failed. */
  public static final int FAILED = 1;

  /** The command line is wrong. */
  public static final int USAGE = 2;

  /** The network, the chain or a needed file cannot be reached. */
  public static final int UNREACHABLE = 3;

  private ExitCode() {}

  static int of(DGridException failure) {
    return switch (failure.code()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED -> UNREACHABLE;
      default -> FAILED;
    };
  }
}
