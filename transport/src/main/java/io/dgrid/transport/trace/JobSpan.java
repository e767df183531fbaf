package io.dgrid.transport.trace;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;

/** One step of a job. Thread-safe; after its end nothing changes it. */
public final class JobSpan {
  /** Not part of any trace. */
  public static final JobSpan NONE = new JobSpan(Span.getInvalid());

  private final Span span;
  private final String traceparent;

  JobSpan(Span span) {
    this.span = span;
    traceparent = Traceparent.format(span.getSpanContext());
  }

  /** For the job's next message; empty when there is no trace. */
  public String traceparent() {
    return traceparent;
  }

  /** For what follows from this step in this process. */
  public Context context() {
    return Context.root().with(span);
  }

  public JobSpan job(JobId job) {
    if (span.isRecording()) {
      span.setAttribute("dgrid.job.id", job.toString());
    }
    return this;
  }

  public JobSpan model(ModelId model) {
    if (span.isRecording()) {
      span.setAttribute("dgrid.model.id", model.toString());
    }
    return this;
  }

  public JobSpan attempt(int number) {
    span.setAttribute("dgrid.attempt", number);
    return this;
  }

  /** The step came to its end. */
  public void end(String outcome) {
    span.setAttribute("dgrid.outcome", outcome);
    span.end();
  }

  /** The step went wrong. */
  public void fail(String outcome) {
    span.setStatus(StatusCode.ERROR);
    end(outcome);
  }
}
