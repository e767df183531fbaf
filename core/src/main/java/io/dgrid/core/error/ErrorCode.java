package io.dgrid.core.error;

/**
 * Stable reasons of failure, the same names as {@code dgrid.common.v1.ErrorCode} without prefix.
 */
public enum ErrorCode {
  INVALID_REQUEST(false),
  INVALID_SIGNATURE(false),
  NONCE_REPLAYED(false),
  REQUEST_EXPIRED(false),
  IDEMPOTENCY_CONFLICT(false),
  UNKNOWN_MODEL(false),
  EMPTY_PROMPT(false),
  CONTEXT_EXCEEDED(false),
  PRICE_TOO_LOW(false),
  INSUFFICIENT_CREDIT(false),
  NO_WORKER(true),
  VOUCHER_OUTSTANDING(false),
  VOUCHER_STALE(true),
  INVALID_API_KEY(false),
  SPEND_CAP_REACHED(false),
  NOT_FOUND(false),
  PERMISSION_DENIED(false),
  RATE_LIMITED(true),
  WORKER_FAILED(true),
  DEADLINE_EXCEEDED(true),
  CANCELLED(false),
  UNAVAILABLE(true),
  INTERNAL(false),
  UNSUPPORTED(false),
  NOT_YET_SETTLED(true),
  MESSAGE_TOO_LARGE(false),
  JOB_QUARANTINED(false),
  DEADLINE_UNREACHABLE(true);

  private final boolean retryable;

  ErrorCode(boolean retryable) {
    this.retryable = retryable;
  }

  /** Whether the same request can succeed later without being changed. */
  public boolean retryable() {
    return retryable;
  }
}
