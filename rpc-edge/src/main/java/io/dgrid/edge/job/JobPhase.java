package io.dgrid.edge.job;

import io.dgrid.proto.job.v1.JobState;

/** Where an accepted job stands, as this edge's database has it. */
public enum JobPhase {
  /** Committed here, not yet known to be in the log. */
  PENDING(JobState.JOB_STATE_QUEUED),
  /** Refused, since the log did not answer; the log is not yet known to have been told. */
  WITHDRAWN(JobState.JOB_STATE_QUEUED),
  /** In the log, which will tell its end. */
  QUEUED(JobState.JOB_STATE_QUEUED),
  /** A worker holds it. */
  RUNNING(JobState.JOB_STATE_RUNNING),
  SUCCEEDED(JobState.JOB_STATE_SUCCEEDED),
  FAILED(JobState.JOB_STATE_FAILED),
  CANCELLED(JobState.JOB_STATE_CANCELLED),
  EXPIRED(JobState.JOB_STATE_EXPIRED);

  private final JobState wire;

  JobPhase(JobState wire) {
    this.wire = wire;
  }

  JobState wire() {
    return wire;
  }

  public boolean isTerminal() {
    return this == SUCCEEDED || this == FAILED || this == CANCELLED || this == EXPIRED;
  }

  static JobPhase ofFailure(JobState state) {
    return switch (state) {
      case JOB_STATE_CANCELLED -> CANCELLED;
      case JOB_STATE_EXPIRED -> EXPIRED;
      default -> FAILED;
    };
  }
}
