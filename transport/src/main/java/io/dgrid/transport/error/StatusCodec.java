package io.dgrid.transport.error;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Optional;

/** Coded failures as gRPC status with {@code ErrorInfo} (domain {@code dgrid}) and back. */
public final class StatusCodec {
  public static final String DOMAIN = "dgrid";

  private StatusCodec() {}

  public static StatusRuntimeException toStatus(DGridException failure) {
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(statusOf(failure.code()).value())
            .setMessage(failure.getMessage())
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder()
                        .setDomain(DOMAIN)
                        .setReason(failure.code().name())
                        .putAllMetadata(failure.metadata())
                        .build()));
    if (failure.retryable()) {
      status.addDetails(
          Any.pack(RetryInfo.newBuilder().setRetryDelay(retryDelay(failure)).build()));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  /** The coded failure in a status of ours, or the nearest code for a foreign one. */
  public static DGridException fromStatus(Throwable error) {
    if (error instanceof DGridException coded) {
      return coded;
    }
    Status status = Status.fromThrowable(error);
    return errorInfo(error).flatMap(info -> coded(info, status)).orElseGet(() -> foreign(status));
  }

  private static Optional<DGridException> coded(ErrorInfo info, Status status) {
    try {
      String message = status.getDescription() == null ? info.getReason() : status.getDescription();
      return Optional.of(
          new DGridException(ErrorCode.valueOf(info.getReason()), message, info.getMetadataMap()));
    } catch (IllegalArgumentException newerCode) {
      return Optional.empty();
    }
  }

  private static DGridException foreign(Status status) {
    ErrorCode code =
        switch (status.getCode()) {
          case UNAVAILABLE -> ErrorCode.UNAVAILABLE;
          case DEADLINE_EXCEEDED -> ErrorCode.DEADLINE_EXCEEDED;
          case CANCELLED -> ErrorCode.CANCELLED;
          case INVALID_ARGUMENT, OUT_OF_RANGE -> ErrorCode.INVALID_REQUEST;
          case NOT_FOUND -> ErrorCode.NOT_FOUND;
          case PERMISSION_DENIED, UNAUTHENTICATED -> ErrorCode.PERMISSION_DENIED;
          case RESOURCE_EXHAUSTED -> ErrorCode.RATE_LIMITED;
          case UNIMPLEMENTED -> ErrorCode.UNSUPPORTED;
          default -> ErrorCode.INTERNAL;
        };
    String text = status.getDescription() == null ? "" : ": " + status.getDescription();
    return new DGridException(code, status.getCode() + text);
  }

  private static Optional<ErrorInfo> errorInfo(Throwable error) {
    com.google.rpc.Status status = StatusProto.fromThrowable(error);
    if (status == null) {
      return Optional.empty();
    }
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        try {
          ErrorInfo info = detail.unpack(ErrorInfo.class);
          if (info.getDomain().equals(DOMAIN)) {
            return Optional.of(info);
          }
        } catch (InvalidProtocolBufferException malformed) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  private static Duration retryDelay(DGridException failure) {
    long millis = 1000;
    String stated = failure.metadata().get("retry_after_ms");
    if (stated != null) {
      millis = Long.parseLong(stated);
    }
    return Duration.newBuilder()
        .setSeconds(millis / 1000)
        .setNanos((int) (millis % 1000) * 1_000_000)
        .build();
  }

  static Status.Code statusOf(ErrorCode code) {
    return switch (code) {
      case INVALID_REQUEST, EMPTY_PROMPT, CONTEXT_EXCEEDED -> Status.Code.INVALID_ARGUMENT;
      case INVALID_SIGNATURE, INVALID_API_KEY -> Status.Code.UNAUTHENTICATED;
      case NONCE_REPLAYED, IDEMPOTENCY_CONFLICT -> Status.Code.ALREADY_EXISTS;
      case REQUEST_EXPIRED,
          PRICE_TOO_LOW,
          INSUFFICIENT_CREDIT,
          VOUCHER_OUTSTANDING,
          SPEND_CAP_REACHED,
          NOT_YET_SETTLED,
          JOB_QUARANTINED ->
          Status.Code.FAILED_PRECONDITION;
      case VOUCHER_STALE -> Status.Code.ABORTED;
      case UNKNOWN_MODEL, NOT_FOUND -> Status.Code.NOT_FOUND;
      case PERMISSION_DENIED -> Status.Code.PERMISSION_DENIED;
      case RATE_LIMITED, DEADLINE_UNREACHABLE, MESSAGE_TOO_LARGE -> Status.Code.RESOURCE_EXHAUSTED;
      case NO_WORKER, WORKER_FAILED, UNAVAILABLE -> Status.Code.UNAVAILABLE;
      case DEADLINE_EXCEEDED -> Status.Code.DEADLINE_EXCEEDED;
      case CANCELLED -> Status.Code.CANCELLED;
      case INTERNAL -> Status.Code.INTERNAL;
      case UNSUPPORTED -> Status.Code.UNIMPLEMENTED;
    };
  }
}
