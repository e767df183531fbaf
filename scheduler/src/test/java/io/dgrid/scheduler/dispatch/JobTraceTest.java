package io.dgrid.scheduler.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.transport.trace.JobTracer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How the steps of a job end in its trace. */
class JobTraceTest {
  private static final String ACCEPTED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private final FakeCollector collector = new FakeCollector();
  private final JobTrace trace =
      new JobTrace(
          new JobTracer(
              OpenTelemetrySdk.builder()
                  .setTracerProvider(
                      SdkTracerProvider.builder()
                          .addSpanProcessor(SimpleSpanProcessor.create(collector))
                          .build())
                  .build()),
          JobCodec.fromWire(Jobs.job("127.0.0.1:1", 10, 100)),
          ACCEPTED);

  @Test
  void overtakenRacerDidNotFail() {
    trace.attemptGranted(1);
    trace.attemptGranted(2);
    trace.attemptOvertaken(1);
    trace.finished("succeeded");

    assertThat(collector.ends())
        .containsExactly(
            "attempt overtaken UNSET", "attempt succeeded UNSET", "job.run succeeded UNSET");
  }

  @Test
  void failedAttemptIsAnError() {
    trace.attemptGranted(1);
    trace.attemptFailed(1, "WORKER_FAILED");

    assertThat(collector.ends()).containsExactly("attempt WORKER_FAILED ERROR");
  }

  private static final class FakeCollector implements SpanExporter {
    private final List<SpanData> spans = new ArrayList<>();

    List<String> ends() {
      return spans.stream()
          .map(
              span ->
                  "%s %s %s"
                      .formatted(
                          span.getName(),
                          span.getAttributes().get(AttributeKey.stringKey("dgrid.outcome")),
                          span.getStatus().getStatusCode()))
          .toList();
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> ended) {
      spans.addAll(ended);
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }
}
