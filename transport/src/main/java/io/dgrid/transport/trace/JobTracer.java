package io.dgrid.transport.trace;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Starts the spans of jobs. Where tracing is off, it only hands on the context it is given. */
@Singleton
public final class JobTracer {
  private static final JobTracer OFF = new JobTracer(OpenTelemetry.noop());

  private final Tracer tracer;

  @Inject
  JobTracer(
      OpenTelemetry telemetry,
      @ConfigProperty(name = "quarkus.otel.sdk.disabled", defaultValue = "false") boolean off) {
    // A disabled SDK still makes ids and samples.
    this(off ? OpenTelemetry.noop() : telemetry);
  }

  public JobTracer(OpenTelemetry telemetry) {
    tracer = telemetry.getTracer("io.dgrid");
  }

  /** Records nothing. */
  public static JobTracer off() {
    return OFF;
  }

  /** The first span of a job: a child of the call it came with, or else the root of a trace. */
  public JobSpan start(String name) {
    return of(tracer.spanBuilder(name).startSpan());
  }

  /**
   * A span in the trace the job already has.
   *
   * @param traceparent of the parent span
   * @return {@link JobSpan#NONE} when the parent is empty or malformed
   */
  public JobSpan follow(String name, String traceparent) {
    SpanContext parent = Traceparent.parse(traceparent);
    if (!parent.isValid()) {
      return JobSpan.NONE;
    }
    Context context = Context.root().with(Span.wrap(parent));
    return of(tracer.spanBuilder(name).setParent(context).startSpan());
  }

  private static JobSpan of(Span span) {
    return span.getSpanContext().isValid() ? new JobSpan(span) : JobSpan.NONE;
  }
}
