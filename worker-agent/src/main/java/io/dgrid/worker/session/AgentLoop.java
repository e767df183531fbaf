package io.dgrid.worker.session;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The agent's one thread: sessions and attempts are touched nowhere else, so neither needs locks.
 * Nothing that runs here may block.
 */
public final class AgentLoop implements Executor, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AgentLoop.class);

  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("dgrid-agent").factory());

  public AgentLoop() {
    thread.setRemoveOnCancelPolicy(true);
  }

  @Override
  public void execute(Runnable task) {
    try {
      thread.execute(() -> guarded(task));
    } catch (RejectedExecutionException closed) {
      LOG.trace("the agent is closed");
    }
  }

  Future<?> schedule(Duration delay, Runnable task) {
    return thread.schedule(() -> guarded(task), delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  Future<?> every(Duration period, Runnable task) {
    long millis = Math.max(1, period.toMillis());
    return thread.scheduleWithFixedDelay(
        () -> guarded(task), millis, millis, TimeUnit.MILLISECONDS);
  }

  /** Drops what waits; the running task ends. */
  @Override
  public void close() {
    thread.shutdownNow();
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException defect) {
      // One bad message must not stop the agent.
      LOG.error("a task of the agent failed", defect);
    }
  }
}
