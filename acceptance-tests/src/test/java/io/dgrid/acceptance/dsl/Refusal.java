package io.dgrid.acceptance.dsl;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Map;

/**
 * How an edge refuses a call.
 *
 * @param reason of the {@code ErrorInfo}; {@code none} when the status carries none
 */
public record Refusal(
    Status.Code status, String reason, String message, Map<String, String> facts) {
  static Refusal of(StatusRuntimeException refused) {
    String message = String.valueOf(refused.getStatus().getDescription());
    com.google.rpc.Status details = StatusProto.fromThrowable(refused);
    if (details != null) {
      for (Any detail : details.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          ErrorInfo info = unpack(detail);
          return new Refusal(
              refused.getStatus().getCode(), info.getReason(), message, info.getMetadataMap());
        }
      }
    }
    return new Refusal(refused.getStatus().getCode(), "none", message, Map.of());
  }

  private static ErrorInfo unpack(Any detail) {
    try {
      return detail.unpack(ErrorInfo.class);
    } catch (InvalidProtocolBufferException malformed) {
      throw new AssertionError("the edge sent a malformed ErrorInfo", malformed);
    }
  }
}
