package io.dgrid.transport.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.grpc.Status;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StatusCodecTest {

  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void everyCodeSurvivesTheWire(ErrorCode code) {
    DGridException sent = new DGridException(code, "say what to do", Map.of("limit", "512"));

    DGridException asStatus = StatusCodec.fromStatus(StatusCodec.toStatus(sent));
    DGridException asFailure = FailureCodec.fromWire(FailureCodec.toWire(sent));

    for (DGridException received : new DGridException[] {asStatus, asFailure}) {
      assertThat(received.code()).isEqualTo(code);
      assertThat(received).hasMessage("say what to do");
      assertThat(received.metadata()).containsEntry("limit", "512");
    }
    assertThat(StatusCodec.toStatus(sent).getStatus().getCode())
        .isNotIn(Status.Code.OK, Status.Code.UNKNOWN);
  }

  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void protoAndDomainNameTheSameCodes(ErrorCode code) {
    assertThat(FailureCodec.toWire(code).name()).isEqualTo("ERROR_CODE_" + code.name());
  }

  @Test
  void foreignStatusBecomesTheNearestCode() {
    assertThat(StatusCodec.fromStatus(Status.UNAVAILABLE.asException()).code())
        .isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(StatusCodec.fromStatus(new IllegalStateException("bug")).code())
        .isEqualTo(ErrorCode.INTERNAL);
  }
}
