package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.job.Ending.Source;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobState;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.InstantSource;
import org.jboss.logging.Logger;

/**
 * Brings streams to their end: the tokens before it are waited for, then it is charged, then it is
 * told. A stream whose end never comes is given up after its deadline.
 */
@ApplicationScoped
class StreamEnds {
  private static final Logger LOG = Logger.getLogger(StreamEnds.class);
  private static final Duration CHARGE_PATIENCE = Duration.ofSeconds(10);

  /** Runs actions later. */
  interface Timers {
    void after(Duration delay, Runnable action);
  }

  private final JobRepository jobs;
  private final EdgeConfig.Streams config;
  private final InstantSource clock;
  private final JobMetrics metrics;
  private final JobPace pace;
  private final Timers timers;

  @Inject
  StreamEnds(
      JobRepository jobs,
      EdgeConfig config,
      InstantSource clock,
      JobMetrics metrics,
      JobPace pace) {
    this(jobs, config, clock, metrics, pace, OpenStream::after);
  }

  StreamEnds(
      JobRepository jobs,
      EdgeConfig config,
      InstantSource clock,
      JobMetrics metrics,
      JobPace pace,
      Timers timers) {
    this.jobs = jobs;
    this.config = config.streams();
    this.clock = clock;
    this.metrics = metrics;
    this.pace = pace;
    this.timers = timers;
  }

  /**
   * What is missing is waited for, as long as somebody may still bring it; who tells an end again
   * may end the wait.
   *
   * @param endPosition after the last delivered token, 0 when that is not known
   */
  void learn(OpenStream open, JobEvent terminal, int endPosition, Source source) {
    boolean news = open.ending().learn(terminal, endPosition, source);
    if (!concludeIfWhole(open) && news) {
      open.stream().askAgain();
      timers.after(patience(open.ending()), () -> conclude(open));
    }
  }

  /**
   * An owner that has told the end sends what is asked for. The log repeats only what its edges had
   * not confirmed: for more an owner must come, whose relay may be cut off without a sign. The
   * database is looked at when no scheduler has the job: then the log is all there is.
   */
  private Duration patience(Ending ending) {
    boolean logIsAll = ending.isToldBy(Source.LOG) && ending.isToldBy(Source.DATABASE);
    return ending.isToldBy(Source.RELAY) || logIsAll ? config.gapWait() : config.logWait();
  }

  /** Ends the stream if its last token has come; true when it has. */
  boolean concludeIfWhole(OpenStream open) {
    boolean whole = open.ending().isReached(open.stream().nextPosition());
    if (whole) {
      conclude(open);
    }
    return whole;
  }

  /** Charges first, so that the balance is right when the client reads the end. */
  private void conclude(OpenStream open) {
    open.ending().claim().ifPresent(terminal -> conclude(open, terminal));
  }

  private void conclude(OpenStream open, JobEvent terminal) {
    jobs.end(open.job(), terminal)
        .onFailure(StreamEnds::isRetryable)
        .retry()
        .withBackOff(Duration.ofMillis(100), Duration.ofSeconds(1))
        .expireIn(CHARGE_PATIENCE.toMillis())
        .subscribe()
        .with(
            counted -> finish(open, counted.orElse(terminal)),
            failure -> {
              // The record in the log is charged when the database is back.
              LOG.errorf(failure, "job %s ends before its charge is booked", open.job());
              finish(open, terminal);
            });
  }

  private void finish(OpenStream open, JobEvent terminal) {
    open.end(open.ending().told(open.job(), terminal, open.stream().nextPosition()));
    long took = clock.millis() - open.openedAt();
    metrics.ended(open.model(), Terminals.phase(terminal), took);
    pace.ended(took);
  }

  /**
   * The deadline is long over: what the database knows is the end, else nobody knows one. Who comes
   * too late has been suspended, and may have the end still to read.
   *
   * @param due Unix milliseconds at which this was to be called
   */
  void giveUp(OpenStream open, long due) {
    boolean late = clock.millis() - due > config.gapWait().toMillis();
    lookUp(
        open,
        () -> {
          if (late) {
            timers.after(config.logWait(), () -> lookUp(open, () -> abandon(open)));
          } else {
            abandon(open);
          }
        });
  }

  private void lookUp(OpenStream open, Runnable otherwise) {
    if (open.stream().isOver()) {
      return;
    }
    jobs.find(open.job())
        .subscribe()
        .with(
            row ->
                row.filter(r -> r.state.isTerminal())
                    .ifPresentOrElse(
                        r -> learn(open, Terminals.parse(r.terminal), 0, Source.DATABASE),
                        otherwise),
            failure -> otherwise.run());
  }

  private void abandon(OpenStream open) {
    if (open.ending().isKnown()) {
      return;
    }
    JobId job = open.job();
    LOG.errorf("job %s: no scheduler ended it by its deadline", job);
    finish(
        open,
        Terminals.failed(
            job,
            JobState.JOB_STATE_FAILED,
            new DGridException(
                ErrorCode.UNAVAILABLE,
                "no scheduler answered before the deadline; nothing is charged without a receipt")));
  }

  private static boolean isRetryable(Throwable failure) {
    return failure instanceof DGridException coded && coded.retryable();
  }
}
