package io.dgrid.transport.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.quarkus.runtime.ShutdownEvent;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ErrorInterceptorTest {
  private final ErrorInterceptor interceptor = new ErrorInterceptor();

  @Test
  void defectIsInternalAndNamesNothingButItsReference() {
    DGridException told = failing(new IllegalStateException("secret"));

    assertThat(told.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(told.getMessage()).contains("reference").doesNotContain("secret");
  }

  @Test
  void whatBreaksWhileTheProcessStopsMayBeAskedElsewhere() {
    interceptor.stop(new ShutdownEvent());

    DGridException told = failing(new IllegalStateException("a part is gone"));

    assertThat(told.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(told.retryable()).isTrue();
    assertThat(told.getMessage()).doesNotContain("part");
  }

  @Test
  void codedFailureStaysWhatItIs() {
    interceptor.stop(new ShutdownEvent());

    assertThat(failing(new DGridException(ErrorCode.NOT_FOUND, "no job")).code())
        .isEqualTo(ErrorCode.NOT_FOUND);
  }

  private DGridException failing(RuntimeException failure) {
    FakeCall call = new FakeCall();
    interceptor.interceptCall(
        call,
        new Metadata(),
        (coding, headers) -> {
          throw failure;
        });
    assertThat(call.status).isNotNull();
    return StatusCodec.fromStatus(call.status.asRuntimeException(call.trailers));
  }

  private static final class FakeCall extends ServerCall<String, String> {
    private @Nullable Status status;
    private @Nullable Metadata trailers;

    @Override
    public void close(Status with, Metadata and) {
      status = with;
      trailers = and;
    }

    @Override
    public void request(int numMessages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(String message) {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<String, String> getMethodDescriptor() {
      return MethodDescriptor.<String, String>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("test/Method")
          .setRequestMarshaller(new Text())
          .setResponseMarshaller(new Text())
          .build();
    }
  }

  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(new byte[0]);
    }

    @Override
    public String parse(InputStream stream) {
      return "";
    }
  }
}
