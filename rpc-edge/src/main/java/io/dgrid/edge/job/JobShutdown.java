package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.edge.EdgeConfig;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * Lets streams end for a bounded time; what is left is told to resume elsewhere. This comes before
 * any server is closed: a stream that breaks says nothing to its client.
 */
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

  void stop(@Observes ShutdownDelayInitiatedEvent event) throws InterruptedException {
    jobs.stopAccepting();
    long until = System.nanoTime() + patience.toNanos();
    while (followed() + jobs.underway() > 0 && System.nanoTime() < until) {
      Thread.sleep(LOOK_MILLIS);
    }
    if (followed() > 0) {
      LOG.warnf("%d streams did not end in time", followed());
      streams.abortAll(goingAway());
    }
  }

  /** What a client hears whose stream ends here and can go on at another edge at once. */
  static DGridException goingAway() {
    return new DGridException(
        ErrorCode.UNAVAILABLE,
        "this edge is shutting down; the job goes on: resume it at another edge",
        Map.of("retry_after_ms", "0"));
  }

  private long followed() {
    return streams.live().stream().filter(stream -> !stream.isDeserted()).count();
  }
}
