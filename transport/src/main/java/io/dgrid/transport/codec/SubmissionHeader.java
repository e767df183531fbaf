package io.dgrid.transport.codec;

/** What a record of {@code dgrid.job.v1.submitted} says beside its bytes. */
public final class SubmissionHeader {
  /** 32 bytes. A record that is no job at all can still be ended: its hold must not wait. */
  public static final String JOB_ID = "job-id";

  private SubmissionHeader() {}
}
