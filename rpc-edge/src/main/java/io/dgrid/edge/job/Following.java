package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import org.jspecify.annotations.Nullable;

/** The bond between one reader and the stream it follows; either side may come or go first. */
public final class Following {
  private final JobReader reader;
  private @Nullable JobStream stream;
  private boolean left;
  private boolean onPurpose;

  public Following(JobReader reader) {
    this.reader = reader;
  }

  /** Throws CANCELLED when the client has gone, so that nothing is done for nobody. */
  synchronized void requireThere() {
    if (left) {
      throw new DGridException(ErrorCode.CANCELLED, "the client left before its job was accepted");
    }
  }

  void start(JobStream job, int fromPosition) {
    boolean gone;
    synchronized (this) {
      stream = job;
      gone = left;
    }
    job.follow(reader, fromPosition);
    if (gone) {
      job.unfollow(reader, onPurpose);
    }
  }

  /**
   * The client is gone, perhaps before its job was accepted.
   *
   * @param deliberately whether it ended the call itself: then the job is cancelled at once
   */
  public void leave(boolean deliberately) {
    JobStream followed;
    synchronized (this) {
      if (left) {
        return;
      }
      left = true;
      onPurpose = deliberately;
      followed = stream;
    }
    if (followed != null) {
      followed.unfollow(reader, deliberately);
    }
  }
}
