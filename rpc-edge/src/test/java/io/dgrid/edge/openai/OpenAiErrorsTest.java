package io.dgrid.edge.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OpenAiErrorsTest {

  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void everyCodeIsAnErrorObjectWithAnErrorStatus(ErrorCode code) {
    var error = OpenAiErrors.body(new DGridException(code, "what to do")).path("error");
    assertThat(OpenAiErrors.status(code)).isBetween(400, 504);
    assertThat(error.path("message").asText()).isEqualTo("what to do");
    assertThat(error.path("code").asText()).isEqualTo(code.name());
    assertThat(error.path("type").asText()).isNotBlank();
    assertThat(error.has("param")).isTrue();
  }

  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void retryableCodesAreNotTheClientsFault(ErrorCode code) {
    if (code.retryable()) {
      assertThat(OpenAiErrors.status(code)).isIn(409, 429, 503, 504);
    }
  }

  @Test
  void statusesThatSdksLookAt() {
    assertThat(OpenAiErrors.status(ErrorCode.INVALID_API_KEY)).isEqualTo(401);
    assertThat(OpenAiErrors.status(ErrorCode.UNKNOWN_MODEL)).isEqualTo(404);
    assertThat(OpenAiErrors.status(ErrorCode.INSUFFICIENT_CREDIT)).isEqualTo(429);
    assertThat(OpenAiErrors.type(ErrorCode.INSUFFICIENT_CREDIT)).isEqualTo("insufficient_quota");
    assertThat(OpenAiErrors.status(ErrorCode.NO_WORKER)).isEqualTo(503);
  }

  @Test
  void paramComesFromTheFailure() {
    var failure =
        new DGridException(ErrorCode.INVALID_REQUEST, "no", Map.of(OpenAiErrors.PARAM, "top_p"));
    assertThat(OpenAiErrors.body(failure).at("/error/param").asText()).isEqualTo("top_p");
  }
}
