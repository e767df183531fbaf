package io.dgrid.scheduler.dispatch;

import io.dgrid.scheduler.job.JobSpec;
import io.dgrid.transport.trace.JobSpan;
import io.dgrid.transport.trace.JobTracer;

/** The spans of one job here: its run, and under it one attempt at a time. */
final class JobTrace {
  private final JobTracer tracer;
  private final JobSpec spec;
  private final JobSpan run;
  private JobSpan attempt = JobSpan.NONE;

  /**
   * @param accepted traceparent of the acceptance; empty where that is not traced
   */
  JobTrace(JobTracer tracer, JobSpec spec, String accepted) {
    this.tracer = tracer;
    this.spec = spec;
    run = tracer.follow("job.run", accepted).job(spec.id()).model(spec.request().modelId());
  }

  void attemptGranted(int number) {
    attempt = tracer.follow("attempt", run.traceparent()).job(spec.id()).attempt(number);
  }

  void attemptFailed(String outcome) {
    attempt.fail(outcome);
  }

  /** The attempt that is under way, if any, ends with the job. */
  void finished(String outcome) {
    attempt.end(outcome);
    run.end(outcome);
  }

  /** Traceparent of the run. */
  String run() {
    return run.traceparent();
  }

  /** Traceparent of the current attempt; of the run where the grant was another instance's. */
  String attempt() {
    return attempt == JobSpan.NONE ? run.traceparent() : attempt.traceparent();
  }
}
