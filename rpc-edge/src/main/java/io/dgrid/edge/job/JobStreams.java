package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.job.Ending.Source;
import io.dgrid.edge.limit.Starts;
import io.dgrid.edge.limit.Starts.Start;
import io.dgrid.proto.job.v1.Accepted;
import io.dgrid.proto.job.v1.Cancelled;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobQueued;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.transport.codec.Wire;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * All streams of this edge, and who brings them what: relay, log and database. Schedulers come and
 * go, and so do readers.
 */
@ApplicationScoped
class JobStreams {
  private static final Logger LOG = Logger.getLogger(JobStreams.class);
  private static final String WITHDRAWN = "the job was withdrawn";

  private final Map<JobId, OpenStream> entries = new ConcurrentHashMap<>();
  private final JobRepository jobs;
  private final EdgeConfig.Streams config;
  private final InstantSource clock;
  private final JobMetrics metrics;
  private final JobPace pace;
  private final StreamEnds ends;

  JobStreams(
      JobRepository jobs,
      EdgeConfig config,
      InstantSource clock,
      JobMetrics metrics,
      JobPace pace,
      StreamEnds ends) {
    this.jobs = jobs;
    this.pace = pace;
    this.ends = ends;
    this.config = config.streams();
    this.clock = clock;
    this.metrics = metrics;
    metrics.openStreams(() -> live().size());
  }

  /**
   * The stream of a job that was just accepted.
   *
   * @param start hears when a scheduler takes the job, and when it has begun
   */
  JobStream open(JobRow row, Start start) {
    JobStream stream = open(row);
    OpenStream open = entries.get(stream.job());
    if (open != null) {
      open.starts(start);
    }
    OpenStream.after(Starts.LONGEST, start::over);
    return stream;
  }

  /**
   * The stream of a job, made when there is none.
   *
   * @throws DGridException RATE_LIMITED when this edge has no room for one more
   */
  JobStream open(JobRow row) {
    JobId job = JobId.fromHex(row.jobId);
    OpenStream known = entries.get(job);
    if (known != null) {
      return known.stream();
    }
    requireRoom();
    OpenStream open =
        new OpenStream(
            new JobStream(job, accepted(row), row.maxOutputTokens, config.window()),
            ModelId.fromHex(row.modelId),
            row.acceptedAt,
            over -> OpenStream.after(config.retention(), () -> entries.remove(job, over)));
    OpenStream raced = entries.putIfAbsent(job, open);
    if (raced != null) {
      return raced.stream();
    }
    open.stream().onDeserted(onPurpose -> deserted(open, onPurpose));
    long due = row.deadline + config.deadlineMargin().toMillis();
    open.watch(Duration.ofMillis(due - clock.millis()), () -> ends.giveUp(open, due));
    return open.stream();
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
    return Optional.ofNullable(entries.get(job)).map(OpenStream::stream);
  }

  /** Streams that have not ended. */
  Collection<JobStream> live() {
    return entries.values().stream().map(OpenStream::stream).filter(s -> !s.isOver()).toList();
  }

  /** Streams that wait for a scheduler which does not come by itself. */
  List<JobStream> orphans(int limit) {
    return entries.values().stream()
        .map(OpenStream::stream)
        .filter(JobStream::isOrphan)
        .limit(limit)
        .toList();
  }

  /** Nobody brings this stream anything; the next reader starts anew. */
  void forget(JobStream stream) {
    OpenStream open = entries.get(stream.job());
    if (open != null && stream.isDeserted() && !stream.hasOwner()) {
      entries.remove(stream.job(), open);
      open.stopTimers();
    }
  }

  /**
   * Its submission is refused after all: who follows it hears why, and it is forgotten. A scheduler
   * that has it, or comes with it later, is told to cancel it.
   */
  void withdraw(JobStream stream, DGridException why) {
    stream.cancel(WITHDRAWN);
    stream.abort(why);
    OpenStream open = entries.get(stream.job());
    if (open != null && open.stream() == stream) {
      entries.remove(stream.job(), open);
      open.stopTimers();
    }
  }

  /** A scheduler took a job from the log, or came back with it. */
  void queued(JobQueued frame, JobOwner owner) {
    JobId job = Wire.jobId(frame.getJobId());
    OpenStream known = entries.get(job);
    if (known != null) {
      known.handedOver();
      known.stream().own(owner);
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
      cancel(job, owner, "unknown job");
      return;
    }
    if (row.get().state == JobPhase.WITHDRAWN) {
      cancel(job, owner, WITHDRAWN);
      return;
    }
    JobStream stream = open(row.get());
    stream.own(owner);
    OpenStream open = entries.get(job);
    if (open != null && stream.isDeserted()) {
      open.cancelUnread(config.orphanGrace());
    }
  }

  private static void cancel(JobId job, JobOwner owner, String reason) {
    owner.send(
        RelayResponse.newBuilder()
            .setJobId(Wire.bytes(job))
            .setCancel(Cancelled.newBuilder().setReason(reason))
            .build());
  }

  /** An event from a scheduler. */
  void receive(JobEvent event, JobOwner owner) {
    OpenStream open = entries.get(Wire.jobId(event.getJobId()));
    if (open == null) {
      return;
    }
    if (Terminals.isTerminal(event)) {
      ends.learn(open, event, 0, Source.RELAY);
    } else if (taken(open, event, open.stream().append(event, owner))) {
      ends.concludeIfWhole(open);
    }
  }

  private boolean taken(OpenStream open, JobEvent event, JobStream.Append outcome) {
    boolean taken = outcome == JobStream.Append.TAKEN;
    if (taken && event.hasChunk() && open.answers()) {
      metrics.firstToken(open.model(), clock.millis() - open.openedAt());
    }
    return taken;
  }

  /**
   * The end of an answer as the log has it. Chunks that the relay has brought are dropped, and so
   * are those that it brings later. It concludes nothing: {@link #ended} comes after it and says
   * how far the answer goes.
   */
  void tail(JobId job, List<Chunk> chunks) {
    OpenStream open = entries.get(job);
    if (open != null) {
      for (Chunk chunk : chunks) {
        JobEvent event = JobEvent.newBuilder().setJobId(Wire.bytes(job)).setChunk(chunk).build();
        taken(open, event, open.stream().append(event));
      }
    }
  }

  /**
   * The end of a job as the log has it.
   *
   * @param endPosition after the last delivered token, 0 when that is not known
   */
  void ended(JobId job, JobEvent terminal, int endPosition) {
    learn(job, terminal, endPosition, Source.LOG);
  }

  /** The end of a job as the database has it; this edge need not have read the log to there. */
  void endFound(JobId job, JobEvent terminal) {
    learn(job, terminal, 0, Source.DATABASE);
  }

  private void learn(JobId job, JobEvent terminal, int endPosition, Source source) {
    OpenStream open = entries.get(job);
    if (open != null) {
      ends.learn(open, terminal, endPosition, source);
    }
  }

  void lost(JobOwner owner) {
    entries.values().forEach(open -> open.stream().disown(owner));
  }

  /** Fails every reader: this process is about to stop. The jobs go on. */
  void abortAll(DGridException failure) {
    live().forEach(stream -> stream.abort(failure));
  }

  private void deserted(OpenStream open, boolean onPurpose) {
    if (onPurpose || config.abandonGrace().isZero()) {
      open.stream().cancel("client gone");
    } else {
      open.cancelUnread(config.abandonGrace());
    }
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
            .map(OpenStream::stream)
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
}
