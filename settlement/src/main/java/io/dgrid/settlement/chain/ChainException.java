package io.dgrid.settlement.chain;

/** What the chain's endpoint did instead of answering. */
final class ChainException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong; each is a state that operators see. */
  enum Code {
    /** No answer in time. Retry helps. */
    UNREACHABLE,
    /** It answered with an error. */
    REFUSED,
    /** It serves another chain than configured. */
    WRONG_CHAIN,
    /** A configured address holds no contract or another one. */
    WRONG_CONTRACT,
    /** This database mirrors another chain or deployment. */
    OTHER_DEPLOYMENT,
    /** A block that was final is no longer on the chain. */
    FINALITY_BROKEN
  }

  private final Code code;

  ChainException(Code code, String message) {
    super(message);
    this.code = code;
  }

  ChainException(Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  Code code() {
    return code;
  }
}
