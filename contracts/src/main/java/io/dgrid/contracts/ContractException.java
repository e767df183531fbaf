package io.dgrid.contracts;

import org.jspecify.annotations.Nullable;

/** A chain or contract failure, with a code that callers can act on. */
public final class ContractException extends RuntimeException {
  /** Why it failed. */
  public enum Code {
    /** The RPC endpoint did not answer in time or not at all. */
    CHAIN_UNREACHABLE(true),
    /** The endpoint serves another chain than the deployment names. */
    WRONG_CHAIN(false),
    /** There is no code at an address that should hold a contract. */
    NO_CONTRACT(false),
    /** There is code, but not the expected contract, or one wired to other contracts. */
    WRONG_CONTRACT(false),
    /** The transaction was refused or reverted. */
    TRANSACTION_FAILED(false),
    /** The transaction was sent but not seen in a block in time; it may still be mined. */
    TRANSACTION_PENDING(true),
    /** A parameter is outside what the contracts accept. */
    INVALID_PARAMETER(false);

    private final boolean retryable;

    Code(boolean retryable) {
      this.retryable = retryable;
    }
  }

  private final Code code;

  ContractException(Code code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  ContractException(Code code, String message) {
    this(code, message, null);
  }

  public Code code() {
    return code;
  }

  /** Whether the same call can succeed later without anybody changing anything. */
  public boolean retryable() {
    return code.retryable;
  }
}
