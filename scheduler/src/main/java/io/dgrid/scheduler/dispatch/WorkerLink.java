package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.scheduler.job.WorkerId;

/** The way to one connected worker. */
public interface WorkerLink {
  WorkerId id();

  /** Self-reported, a hint. */
  String hardware();

  /** Whether the worker dialled this instance; false when another one introduced it. */
  boolean isDirect();

  /** An attempt is being granted to the worker; the assignment follows once the log has it. */
  void granting(JobId job, int attempt);

  /** Whether a job here would be given to the worker now if it had a slot; said when it changes. */
  void waiting(boolean waiting);

  /** False when the worker reads too slowly or is gone; its session then ends. */
  boolean send(SessionResponse message);

  void close(DGridException why);

  /** Ends it because the worker has a newer session. */
  void replaced();
}
