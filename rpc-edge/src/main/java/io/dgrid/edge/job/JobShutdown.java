package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.edge.EdgeConfig;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Lets streams end for a bounded time; what is left is told to resume elsewhere. */
@ApplicationScoped
class JobShutdown {
  private static final Logger LOG = Logger.getLogger(JobShutdown.class);
  private static final long LOOK_MILLIS = 20;

  private final Jobs jobs;
  private final JobStreams streams;
  private final Duration patience;

  JobShutdown(Jobs jobs, JobStreams streams, EdgeConfig config) {
    this.jobs = jobs;
    this.streams = streams;
    this.patience = config.timeouts().drain();
  }

  void stop(@Observes ShutdownEvent event) throws InterruptedException {
    jobs.stopAccepting();
    long until = System.nanoTime() + patience.toNanos();
    while (followed() > 0 && System.nanoTime() < until) {
      Thread.sleep(LOOK_MILLIS);
    }
    if (followed() > 0) {
      LOG.warnf("%d streams did not end in time", followed());
      streams.abortAll(
          new DGridException(
              ErrorCode.UNAVAILABLE, "this edge is shutting down; the job goes on: resume it"));
    }
  }

  private long followed() {
    return streams.live().stream().filter(stream -> !stream.isDeserted()).count();
  }
}
