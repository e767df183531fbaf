package io.dgrid.edge.job;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.edge.limit.Starts.Start;
import io.dgrid.proto.job.v1.JobEvent;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A stream with what this edge must remember beside its events, and its timers. */
final class OpenStream {
  private final JobStream stream;
  private final ModelId model;
  private final long openedAt;
  private final Consumer<OpenStream> whenOver;
  private final Ending ending = new Ending();
  private boolean answered;
  private volatile @Nullable Start start;
  private @Nullable ScheduledFuture<?> watchdog;
  private @Nullable ScheduledFuture<?> grace;

  /**
   * @param openedAt Unix milliseconds of the job's acceptance
   * @param whenOver hears once that its readers were told the end
   */
  OpenStream(JobStream stream, ModelId model, long openedAt, Consumer<OpenStream> whenOver) {
    this.stream = stream;
    this.model = model;
    this.openedAt = openedAt;
    this.whenOver = whenOver;
  }

  JobId job() {
    return stream.job();
  }

  JobStream stream() {
    return stream;
  }

  ModelId model() {
    return model;
  }

  long openedAt() {
    return openedAt;
  }

  Ending ending() {
    return ending;
  }

  /** It was just accepted. */
  void starts(Start beginning) {
    start = beginning;
  }

  /** A scheduler has it. */
  void handedOver() {
    Start beginning = start;
    if (beginning != null) {
      beginning.handedOver();
    }
  }

  private void started() {
    Start beginning = start;
    if (beginning != null) {
      // It holds all that the submission was, and this stream is kept for minutes.
      start = null;
      beginning.over();
    }
  }

  /** True for the first token only. */
  boolean answers() {
    synchronized (this) {
      if (answered) {
        return false;
      }
      answered = true;
    }
    started();
    return true;
  }

  /** Tells its readers the end; later ones count for nothing. */
  void end(JobEvent terminal) {
    stream.end(terminal);
    started();
    stopTimers();
    whenOver.accept(this);
  }

  /** Runs the action unless the stream ends before. */
  synchronized void watch(Duration patience, Runnable action) {
    watchdog = after(patience.isNegative() ? Duration.ZERO : patience, action);
  }

  /** Cancels the job after that time if nobody reads it then; a second call starts anew. */
  synchronized void cancelUnread(Duration patience) {
    stop(grace);
    grace =
        after(
            patience,
            () -> {
              if (stream.isDeserted()) {
                stream.cancel("client gone");
              }
            });
  }

  synchronized void stopTimers() {
    stop(watchdog);
    stop(grace);
  }

  static ScheduledFuture<?> after(Duration delay, Runnable action) {
    return Infrastructure.getDefaultWorkerPool()
        .schedule(action, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static void stop(@Nullable ScheduledFuture<?> timer) {
    if (timer != null) {
      timer.cancel(false);
    }
  }
}
