package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.proto.job.v1.Accepted;
import io.dgrid.proto.job.v1.Cancelled;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobQueued;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * All streams of this edge and what happens to them over time: their scheduler comes and goes,
 * their last reader leaves, their end arrives before their last tokens, or never.
 */
@ApplicationScoped
class JobStreams {
  private static final Logger LOG = Logger.getLogger(JobStreams.class);
  private static final Duration CHARGE_PATIENCE = Duration.ofSeconds(10);

  private final Map<JobId, Entry> entries = new ConcurrentHashMap<>();
  private final JobRepository jobs;
  private final EdgeConfig.Streams config;
  private final InstantSource clock;
  private final JobMetrics metrics;
  private final JobPace pace;
  private final ScheduledExecutorService timer = Infrastructure.getDefaultWorkerPool();

  JobStreams(
      JobRepository jobs,
      EdgeConfig config,
      InstantSource clock,
      JobMetrics metrics,
      JobPace pace) {
    this.jobs = jobs;
    this.pace = pace;
    this.config = config.streams();
    this.clock = clock;
    this.metrics = metrics;
    metrics.openStreams(() -> live().size());
  }

  /** A stream and its timers. */
  private static final class Entry {
    private final JobStream stream;
    private final ModelId model;
    private final long openedAt;
    private boolean answered;
    private @Nullable JobEvent ending;
    private int endPosition;
    private boolean concluding;
    private @Nullable ScheduledFuture<?> watchdog;
    private @Nullable ScheduledFuture<?> grace;

    Entry(JobStream stream, ModelId model, long openedAt) {
      this.stream = stream;
      this.model = model;
      this.openedAt = openedAt;
    }
  }

  /**
   * The stream of a job, made when there is none.
   *
   * @throws DGridException RATE_LIMITED when this edge has no room for one more
   */
  JobStream open(JobRow row) {
    JobId job = JobId.fromHex(row.jobId);
    Entry known = entries.get(job);
    if (known != null) {
      return known.stream;
    }
    requireRoom();
    Entry entry =
        new Entry(
            new JobStream(job, accepted(row), row.maxOutputTokens, config.window()),
            ModelId.fromHex(row.modelId),
            row.acceptedAt);
    Entry raced = entries.putIfAbsent(job, entry);
    if (raced != null) {
      return raced.stream;
    }
    entry.stream.onDeserted(onPurpose -> deserted(entry, onPurpose));
    Duration left = Duration.ofMillis(row.deadline - clock.millis()).plus(config.deadlineMargin());
    entry.watchdog = after(left.isNegative() ? Duration.ZERO : left, () -> giveUp(entry));
    return entry.stream;
  }

  /** For a reader that has every token and missed only the end; it is kept for nobody else. */
  static JobStream closing(JobRow row) {
    JobStream stream =
        new JobStream(JobId.fromHex(row.jobId), accepted(row), row.maxOutputTokens, 0);
    stream.end(Terminals.parse(row.terminal));
    return stream;
  }

  private static Accepted accepted(JobRow row) {
    return Accepted.newBuilder()
        .setAcceptedAt(row.acceptedAt)
        .setInputTokens(row.inputTokens)
        .setHeld(new TokenAmount(row.held).toString())
        .build();
  }

  Optional<JobStream> find(JobId job) {
    return Optional.ofNullable(entries.get(job)).map(e -> e.stream);
  }

  /** Streams that have not ended. */
  Collection<JobStream> live() {
    return entries.values().stream().map(e -> e.stream).filter(s -> !s.isOver()).toList();
  }

  /** Streams that wait for a scheduler which does not come by itself. */
  List<JobStream> orphans(int limit) {
    return entries.values().stream()
        .map(entry -> entry.stream)
        .filter(JobStream::isOrphan)
        .limit(limit)
        .toList();
  }

  /** Nobody brings this stream anything; the next reader starts anew. */
  void forget(JobStream stream) {
    Entry entry = entries.get(stream.job());
    if (entry != null && stream.isDeserted() && !stream.hasOwner()) {
      entries.remove(stream.job(), entry);
      stop(entry.watchdog);
    }
  }

  /** A job that nobody was told about: it is cancelled as soon as it shows up. */
  void discard(JobStream stream) {
    stream.cancel("client gone");
  }

  /** A scheduler took a job from the log, or came back with it. */
  void queued(JobQueued frame, JobOwner owner) {
    JobId job = Wire.jobId(frame.getJobId());
    Entry known = entries.get(job);
    if (known != null) {
      known.stream.own(owner);
      return;
    }
    jobs.find(job)
        .subscribe()
        .with(
            row -> adopt(job, row, owner),
            failure -> LOG.warnf("job %s of a scheduler not adopted: %s", job, failure));
  }

  /** After a restart of this edge: the job waits a while for its client to come back. */
  private void adopt(JobId job, Optional<JobRow> row, JobOwner owner) {
    if (row.isEmpty() || row.get().state.isTerminal()) {
      owner.send(
          RelayResponse.newBuilder()
              .setJobId(Wire.bytes(job))
              .setCancel(Cancelled.newBuilder().setReason("unknown job"))
              .build());
      return;
    }
    JobStream stream = open(row.get());
    stream.own(owner);
    Entry entry = entries.get(job);
    if (entry != null && stream.isDeserted()) {
      cancelAfter(entry, config.orphanGrace());
    }
  }

  /** An event from a scheduler. */
  void receive(JobEvent event, JobOwner owner) {
    Entry entry = entries.get(Wire.jobId(event.getJobId()));
    if (entry == null) {
      return;
    }
    if (Terminals.isTerminal(event)) {
      ending(entry, event, 0);
    } else {
      append(entry, event);
    }
  }

  private void append(Entry entry, JobEvent event) {
    if (entry.stream.append(event) == JobStream.Append.TAKEN) {
      if (event.hasChunk() && !entry.answered) {
        entry.answered = true;
        metrics.firstToken(entry.model, clock.millis() - entry.openedAt);
      }
      concludeIfWhole(entry);
    }
  }

  /**
   * The end of an answer as the log has it. Chunks that the relay has brought are dropped, and so
   * are those that it brings later.
   */
  void tail(JobId job, List<Chunk> chunks) {
    Entry entry = entries.get(job);
    if (entry != null) {
      for (Chunk chunk : chunks) {
        append(entry, JobEvent.newBuilder().setJobId(Wire.bytes(job)).setChunk(chunk).build());
      }
    }
  }

  /**
   * The end of a job as the log has it.
   *
   * @param endPosition after the last delivered token, 0 when that is not known
   */
  void ended(JobId job, JobEvent terminal, int endPosition) {
    Entry entry = entries.get(job);
    if (entry != null) {
      ending(entry, terminal, endPosition);
    }
  }

  void lost(JobOwner owner) {
    entries.values().forEach(entry -> entry.stream.disown(owner));
  }

  /** Fails every reader: this process is about to stop. The jobs go on. */
  void abortAll(DGridException failure) {
    live().forEach(stream -> stream.abort(failure));
  }

  private void ending(Entry entry, JobEvent terminal, int endPosition) {
    synchronized (entry) {
      if (entry.ending != null) {
        return;
      }
      entry.ending = terminal;
      entry.endPosition = Math.max(endPosition, Terminals.endPosition(terminal));
    }
    if (!concludeIfWhole(entry)) {
      entry.stream.askAgain();
      after(config.gapWait(), () -> conclude(entry));
    }
  }

  private boolean concludeIfWhole(Entry entry) {
    synchronized (entry) {
      if (entry.ending == null || entry.endPosition > entry.stream.nextPosition()) {
        return false;
      }
    }
    conclude(entry);
    return true;
  }

  /** Charges first, so that the balance is right when the client reads the end. */
  private void conclude(Entry entry) {
    JobEvent terminal;
    synchronized (entry) {
      terminal = entry.ending;
      if (terminal == null || entry.concluding) {
        return;
      }
      entry.concluding = true;
    }
    jobs.end(entry.stream.job(), terminal)
        .onFailure(JobStreams::isRetryable)
        .retry()
        .withBackOff(Duration.ofMillis(100), Duration.ofSeconds(1))
        .expireIn(CHARGE_PATIENCE.toMillis())
        .subscribe()
        .with(
            counted -> finish(entry, counted.orElse(terminal)),
            failure -> {
              // The record in the log is charged when the database is back.
              LOG.errorf(failure, "job %s ends before its charge is booked", entry.stream.job());
              finish(entry, terminal);
            });
  }

  private void finish(Entry entry, JobEvent terminal) {
    JobStream stream = entry.stream;
    int missing = Terminals.endPosition(terminal) - stream.nextPosition();
    stream.end(missing > 0 ? incomplete(stream.job(), terminal, missing) : terminal);
    long took = clock.millis() - entry.openedAt;
    metrics.ended(entry.model, Terminals.phase(terminal), took);
    pace.ended(took);
    stop(entry.watchdog);
    stop(entry.grace);
    after(config.retention(), () -> entries.remove(stream.job(), entry));
  }

  private static JobEvent incomplete(JobId job, JobEvent terminal, int missing) {
    JobEvent failed =
        Terminals.failed(
            job,
            JobState.JOB_STATE_FAILED,
            new DGridException(
                ErrorCode.UNAVAILABLE,
                "the last %d tokens of the answer were lost on their way".formatted(missing)));
    var bill = failed.getFailed().toBuilder().setUsage(Terminals.usage(terminal));
    if (terminal.hasCompleted()) {
      bill.setAmount(terminal.getCompleted().getAmount())
          .addAllReceipts(terminal.getCompleted().getReceiptsList());
    } else {
      bill.setAmount(terminal.getFailed().getAmount())
          .addAllReceipts(terminal.getFailed().getReceiptsList());
    }
    return failed.toBuilder().setFailed(bill).build();
  }

  /** The deadline is long over: what the database knows is the end, else nobody knows one. */
  private void giveUp(Entry entry) {
    JobId job = entry.stream.job();
    jobs.find(job)
        .subscribe()
        .with(
            row -> giveUp(entry, row.filter(r -> r.state.isTerminal())),
            failure -> giveUp(entry, Optional.empty()));
  }

  private void giveUp(Entry entry, Optional<JobRow> ended) {
    if (ended.isPresent()) {
      ending(entry, Terminals.parse(ended.get().terminal), 0);
      return;
    }
    LOG.errorf("job %s: no scheduler ended it by its deadline", entry.stream.job());
    finish(
        entry,
        Terminals.failed(
            entry.stream.job(),
            JobState.JOB_STATE_FAILED,
            new DGridException(
                ErrorCode.UNAVAILABLE,
                "no scheduler answered before the deadline; nothing is charged without a receipt")));
  }

  private void deserted(Entry entry, boolean onPurpose) {
    if (onPurpose || config.abandonGrace().isZero()) {
      entry.stream.cancel("client gone");
    } else {
      cancelAfter(entry, config.abandonGrace());
    }
  }

  private void cancelAfter(Entry entry, Duration grace) {
    stop(entry.grace);
    entry.grace =
        after(
            grace,
            () -> {
              if (entry.stream.isDeserted()) {
                entry.stream.cancel("client gone");
              }
            });
  }

  /** Throws RATE_LIMITED when this edge has no room for one more stream. */
  void requireRoom() {
    if (entries.size() >= config.maxStreams()) {
      makeRoom();
    }
  }

  private void makeRoom() {
    List<JobId> over =
        entries.values().stream()
            .map(e -> e.stream)
            .filter(s -> s.isOver() && s.isDeserted())
            .map(JobStream::job)
            .toList();
    over.forEach(entries::remove);
    if (over.isEmpty()) {
      throw new DGridException(
          ErrorCode.RATE_LIMITED,
          "this edge streams as many jobs as it can",
          Map.of("retry_after_ms", Long.toString(pace.untilNextEnd(entries.size()))));
    }
  }

  private ScheduledFuture<?> after(Duration delay, Runnable action) {
    return timer.schedule(action, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static void stop(@Nullable ScheduledFuture<?> timer) {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  private static boolean isRetryable(Throwable failure) {
    return failure instanceof DGridException coded && coded.retryable();
  }
}
