package io.dgrid.scheduler.dispatch;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The single thread that owns jobs, books and sessions. What feeds it bounds itself: sessions and
 * edges have a window of unprocessed messages, the log stops at a number of live jobs.
 */
@Singleton
public class Loop {
  private static final Logger LOG = Logger.getLogger(Loop.class);

  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(
          1, work -> Thread.ofPlatform().name("scheduler-loop").daemon().unstarted(work));

  Loop() {
    thread.setRemoveOnCancelPolicy(true);
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Runs later on the owner's thread; dropped once the process stops. */
  public void execute(Runnable step) {
    try {
      thread.execute(() -> guarded(step));
    } catch (RejectedExecutionException stopping) {
      LOG.debug("step dropped: the loop has stopped");
    }
  }

  public void after(Duration delay, Runnable step) {
    try {
      thread.schedule(() -> guarded(step), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException stopping) {
      LOG.debug("step dropped: the loop has stopped");
    }
  }

  void every(Duration period, Runnable step) {
    thread.scheduleWithFixedDelay(
        () -> guarded(step), period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Messages that wait. */
  int depth() {
    return thread.getQueue().size();
  }

  private static void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException bug) {
      LOG.error("a step of the scheduler failed; the others go on", bug);
    }
  }

  @PreDestroy
  void stop() {
    thread.shutdownNow();
  }
}
