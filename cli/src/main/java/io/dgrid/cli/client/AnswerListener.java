package io.dgrid.cli.client;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.Accepted;
import io.dgrid.proto.job.v1.Assigned;

/** Hears what happens while an answer comes; called by the thread that waits for it. */
public interface AnswerListener {
  /** Hears nothing. */
  AnswerListener NONE = new AnswerListener() {};

  /** The job is durable. */
  default void onAccepted(JobId job, Accepted accepted) {}

  /** A worker won the job; again when it moves to another one. */
  default void onAssigned(Assigned assigned) {}

  /** More text, never cut inside a character. */
  default void onText(String text) {}

  /** The connection broke and the job is followed again. */
  default void onReconnect(String edge, DGridException reason) {}
}
