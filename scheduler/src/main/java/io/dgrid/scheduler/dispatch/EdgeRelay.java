package io.dgrid.scheduler.dispatch;

/** Carries the events of jobs to the edges that follow them. */
public interface EdgeRelay {
  /**
   * @param replyTo host:port of the edge
   * @param from first position wanted
   */
  void follow(LiveJob job, String replyTo, int from);

  /** Something about the job changed. */
  void changed(LiveJob job);

  /**
   * Position below which every edge that follows the job says it has the answer; beyond every
   * answer when none follows it.
   */
  int confirmed(LiveJob job);

  /** Nobody needs the job any more. */
  void forget(LiveJob job);
}
