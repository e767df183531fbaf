package io.dgrid.edge.openai;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import java.util.Map;

/**
 * Failures as OpenAI's error objects. {@code code} is the network's own stable code; money problems
 * are 429 {@code insufficient_quota}, as OpenAI answers an account without credit.
 */
final class OpenAiErrors {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Metadata key that becomes the object's {@code param}. */
  static final String PARAM = "param";

  private OpenAiErrors() {}

  static int status(ErrorCode code) {
    return switch (code) {
      case INVALID_REQUEST,
          EMPTY_PROMPT,
          CONTEXT_EXCEEDED,
          PRICE_TOO_LOW,
          REQUEST_EXPIRED,
          UNSUPPORTED ->
          400;
      case INVALID_API_KEY, INVALID_SIGNATURE -> 401;
      case PERMISSION_DENIED -> 403;
      case UNKNOWN_MODEL, NOT_FOUND -> 404;
      case NONCE_REPLAYED, IDEMPOTENCY_CONFLICT, VOUCHER_STALE, NOT_YET_SETTLED -> 409;
      case INSUFFICIENT_CREDIT, SPEND_CAP_REACHED, VOUCHER_OUTSTANDING, RATE_LIMITED -> 429;
      case MESSAGE_TOO_LARGE -> 413;
      // Not a 5xx: an SDK would send it again by itself.
      case JOB_QUARANTINED -> 422;
      case CANCELLED -> 499;
      case INTERNAL -> 500;
      case NO_WORKER, WORKER_FAILED, UNAVAILABLE, DEADLINE_UNREACHABLE -> 503;
      case DEADLINE_EXCEEDED -> 504;
    };
  }

  static String type(ErrorCode code) {
    return switch (status(code)) {
      case 400, 404, 409, 413, 422, 499 -> "invalid_request_error";
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 429 -> code == ErrorCode.RATE_LIMITED ? "rate_limit_error" : "insufficient_quota";
      default -> "server_error";
    };
  }

  /** {@code {"error": {message, type, param, code}}}. */
  static ObjectNode body(DGridException failure) {
    return body(
        failure.getMessage(),
        type(failure.code()),
        failure.metadata().get(PARAM),
        failure.code().name());
  }

  static ObjectNode body(
      String message, String type, @org.jspecify.annotations.Nullable String param, String code) {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode error = root.putObject("error");
    error.put("message", message);
    error.put("type", type);
    error.put("param", param);
    error.put("code", code);
    return root;
  }

  static DGridException invalid(String param, String message) {
    return new DGridException(ErrorCode.INVALID_REQUEST, message, Map.of(PARAM, param));
  }
}
