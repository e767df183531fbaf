package io.dgrid.transport.error;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.common.v1.Failure;

/** Failures inside messages: the same codes as failed calls. */
public final class FailureCodec {
  private static final String PREFIX = "ERROR_CODE_";

  private FailureCodec() {}

  public static Failure toWire(DGridException failure) {
    return Failure.newBuilder()
        .setCode(toWire(failure.code()))
        .setMessage(failure.getMessage())
        .setRetryable(failure.retryable())
        .putAllMetadata(failure.metadata())
        .build();
  }

  public static io.dgrid.proto.common.v1.ErrorCode toWire(ErrorCode code) {
    return io.dgrid.proto.common.v1.ErrorCode.valueOf(PREFIX + code.name());
  }

  /** A code this version does not know reads as INTERNAL. */
  public static DGridException fromWire(Failure failure) {
    ErrorCode code = ErrorCode.INTERNAL;
    if (failure.getCode() != io.dgrid.proto.common.v1.ErrorCode.UNRECOGNIZED
        && failure.getCode() != io.dgrid.proto.common.v1.ErrorCode.ERROR_CODE_UNSPECIFIED) {
      code = ErrorCode.valueOf(failure.getCode().name().substring(PREFIX.length()));
    }
    return new DGridException(code, failure.getMessage(), failure.getMetadataMap());
  }
}
