package io.dgrid.edge.job;

import jakarta.enterprise.context.ApplicationScoped;

/** How long jobs take of late, to tell who must wait for one to end. Milliseconds. */
@ApplicationScoped
class JobPace {
  private static final double NEWEST = 0.05;
  private static final long SHORTEST = 50;
  private static final long LONGEST = 30_000;

  /** Before the first job has ended. */
  private double average = 1_000;

  synchronized void ended(long millis) {
    average += NEWEST * (Math.max(0, millis) - average);
  }

  /** Until one of this many jobs can be expected to end. */
  synchronized long untilNextEnd(long jobs) {
    return Math.clamp((long) (average / Math.max(1, jobs)), SHORTEST, LONGEST);
  }
}
