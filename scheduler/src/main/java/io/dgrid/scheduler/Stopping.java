package io.dgrid.scheduler;

/** In which order a scheduler stops: jobs first, then the workers that run them. */
public final class Stopping {
  /** Somebody else owns the jobs before any worker is sent away. */
  public static final int LEAVE_GROUP = 100;

  public static final int SEND_WORKERS_AWAY = 200;

  private Stopping() {}
}
