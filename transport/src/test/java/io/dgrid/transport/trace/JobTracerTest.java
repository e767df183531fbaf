package io.dgrid.transport.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.JobId;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobTracerTest {
  private static final String STRANGER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  private static final String NOT_SAMPLED =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
  private static final JobId JOB = JobId.fromHex("0x" + "1b".repeat(32));

  private final List<SpanData> exported = new ArrayList<>();
  private final JobTracer tracer = tracer(Sampler.parentBased(Sampler.alwaysOn()));

  @Test
  void theNextServiceContinuesTheTraceUnderTheSpanItWasHanded() {
    JobSpan accept = tracer.start("job.accept").job(JOB);
    JobSpan run = tracer.follow("job.run", accept.traceparent());
    JobSpan serve = tracer.follow("attempt.serve", run.traceparent()).attempt(2);
    serve.end("STOP");
    run.end("succeeded");
    accept.end("accepted");

    assertThat(exported)
        .extracting(SpanData::getName)
        .containsExactly("attempt.serve", "job.run", "job.accept");
    assertThat(exported).extracting(SpanData::getTraceId).containsOnly(span(0).getTraceId());
    assertThat(span(0).getParentSpanId()).isEqualTo(span(1).getSpanId());
    assertThat(span(1).getParentSpanId()).isEqualTo(span(2).getSpanId());
    assertThat(span(2).getParentSpanContext().isValid()).isFalse();
    assertThat(span(0).getAttributes().get(AttributeKey.longKey("dgrid.attempt"))).isEqualTo(2);
    assertThat(span(2).getAttributes().get(AttributeKey.stringKey("dgrid.job.id")))
        .isEqualTo(JOB.toString());
  }

  @Test
  void readsAndWritesTheHeaderAsTheStandardDoes() {
    tracer.follow("job.run", STRANGER).end("succeeded");

    assertThat(span(0).getTraceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(span(0).getParentSpanId()).isEqualTo("00f067aa0ba902b7");
    assertThat(Traceparent.format(Traceparent.parse(STRANGER))).isEqualTo(STRANGER);
    assertThat(Traceparent.format(Traceparent.parse(NOT_SAMPLED))).isEqualTo(NOT_SAMPLED);
    assertThat(Traceparent.read(Traceparent.bytes(STRANGER))).isEqualTo(STRANGER);
  }

  @Test
  void withoutAValidParentNothingIsRecorded() {
    for (String bad :
        List.of(
            "",
            "nonsense",
            STRANGER.substring(1),
            STRANGER.replace('f', 'x'),
            "ff" + STRANGER.substring(2),
            "00-" + "0".repeat(32) + "-00f067aa0ba902b7-01",
            STRANGER + "-" + "0".repeat(200))) {
      JobSpan span = tracer.follow("job.run", bad);
      span.job(JOB).end("succeeded");
      assertThat(span).as(bad).isSameAs(JobSpan.NONE);
      assertThat(Traceparent.read(Traceparent.bytes(bad))).as(bad).isEmpty();
    }
    assertThat(Traceparent.read(null)).isEmpty();
    assertThat(exported).isEmpty();
  }

  @Test
  void aTraceThatIsNotSampledStaysSoAndTravelsOn() {
    JobSpan run = tracer.follow("job.run", NOT_SAMPLED);
    run.end("succeeded");

    assertThat(exported).isEmpty();
    assertThat(run.traceparent())
        .startsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
        .endsWith("-00");
  }

  @Test
  void aServiceWithoutTracingHandsOnWhatItWasGivenAndBeginsNothing() {
    assertThat(JobTracer.off().start("job.accept")).isSameAs(JobSpan.NONE);
    assertThat(JobTracer.off().follow("job.run", STRANGER).traceparent()).isEqualTo(STRANGER);
  }

  @Test
  void aDisabledSdkMakesNoIds() {
    var telemetry = OpenTelemetrySdk.builder().setTracerProvider(provider(Sampler.alwaysOn()));

    assertThat(new JobTracer(telemetry.build(), true).start("job.accept")).isSameAs(JobSpan.NONE);
    assertThat(new JobTracer(telemetry.build(), false).start("job.accept").traceparent())
        .isNotEmpty();
  }

  @Test
  void theFirstEndCounts() {
    JobSpan span = tracer.start("attempt");
    span.fail("WORKER_FAILED");
    span.end("succeeded");

    assertThat(exported).hasSize(1);
    assertThat(span(0).getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(span(0).getAttributes().get(AttributeKey.stringKey("dgrid.outcome")))
        .isEqualTo("WORKER_FAILED");
  }

  private SpanData span(int index) {
    return exported.get(index);
  }

  private JobTracer tracer(Sampler sampler) {
    return new JobTracer(OpenTelemetrySdk.builder().setTracerProvider(provider(sampler)).build());
  }

  private SdkTracerProvider provider(Sampler sampler) {
    return SdkTracerProvider.builder()
        .setSampler(sampler)
        .addSpanProcessor(SimpleSpanProcessor.create(new Kept()))
        .build();
  }

  private final class Kept implements SpanExporter {
    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      exported.addAll(spans);
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
