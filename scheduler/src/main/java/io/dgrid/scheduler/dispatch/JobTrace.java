package io.dgrid.scheduler.dispatch;

import io.dgrid.scheduler.job.JobSpec;
import io.dgrid.transport.trace.JobSpan;
import io.dgrid.transport.trace.JobTracer;
import java.util.HashMap;
import java.util.Map;

/** The spans of one job here: its run, and under it its attempts. */
final class JobTrace {
  private final JobTracer tracer;
  private final JobSpec spec;
  private final JobSpan run;
  private final Map<Integer, JobSpan> attempts = new HashMap<>();

  /**
   * @param accepted traceparent of the acceptance; empty where that is not traced
   */
  JobTrace(JobTracer tracer, JobSpec spec, String accepted) {
    this.tracer = tracer;
    this.spec = spec;
    run = tracer.follow("job.run", accepted).job(spec.id()).model(spec.request().modelId());
  }

  void attemptGranted(int number) {
    attempts.put(
        number, tracer.follow("attempt", run.traceparent()).job(spec.id()).attempt(number));
  }

  void attemptFailed(int number, String outcome) {
    attempt(number).fail(outcome);
    attempts.remove(number);
  }

  /** Another one was faster, which is no failure of this one. */
  void attemptOvertaken(int number) {
    attempt(number).end("overtaken");
    attempts.remove(number);
  }

  /** What is under way ends with the job. */
  void finished(String outcome) {
    attempts.values().forEach(attempt -> attempt.end(outcome));
    attempts.clear();
    run.end(outcome);
  }

  /** Traceparent of the run. */
  String run() {
    return run.traceparent();
  }

  /** Of an attempt; of the run where the grant was another instance's. */
  String traceparent(int number) {
    JobSpan attempt = attempt(number);
    return attempt == JobSpan.NONE ? run.traceparent() : attempt.traceparent();
  }

  private JobSpan attempt(int number) {
    return attempts.getOrDefault(number, JobSpan.NONE);
  }
}
