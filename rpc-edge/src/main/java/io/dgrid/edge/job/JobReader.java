package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.proto.job.v1.JobEvent;

/** One follower of a job's stream. Calls come one at a time and must not block. */
public interface JobReader {

  /** Takes an event, or refuses it because its own side is slow; it is offered again later. */
  boolean offer(JobEvent event);

  /** Whether all that was offered has left this process. */
  boolean drained();

  /** Called by the stream once: {@code action} is to run whenever the reader can take more. */
  void onDrained(Runnable action);

  /** After the terminal event. */
  void complete();

  /** The stream cannot be told to its end. */
  void fail(DGridException failure);

  /** Whether its client can come back for the rest, at this edge or another. */
  default boolean canResume() {
    return true;
  }
}
