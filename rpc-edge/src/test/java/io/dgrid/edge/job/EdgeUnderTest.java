package io.dgrid.edge.job;

import jakarta.enterprise.context.ApplicationScoped;

/** What a test does to the running edge that no client can. */
@ApplicationScoped
public class EdgeUnderTest {
  private final JobStreams streams;

  EdgeUnderTest(JobStreams streams) {
    this.streams = streams;
  }

  /** What a shutdown does to streams that have not ended when its patience is over. */
  public void abortsStreams() {
    streams.abortAll(JobShutdown.goingAway());
  }
}
