package io.dgrid.edge.job;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.edge.admission.Candidate;
import io.dgrid.edge.admission.Submission;
import io.dgrid.edge.job.AcceptanceRepository.Acceptance;
import io.dgrid.edge.limit.Starts.Start;
import io.dgrid.edge.market.OffersView;
import io.dgrid.edge.market.Outlook;
import io.dgrid.proto.job.v1.Job;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.transport.trace.JobSpan;
import io.dgrid.transport.trace.JobTracer;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Optional;

/** What a client can do with jobs, whatever door it came through. */
@ApplicationScoped
public class Jobs {
  private final Accepting accepting;
  private final OffersView offers;
  private final JobRepository repository;
  private final JobOutbox outbox;
  private final SubmittedPublisher publisher;
  private final JobStreams streams;
  private final Owners owners;
  private final Domain domain;
  private final JobMetrics metrics;
  private final JobTracer tracer;
  private final Underway underway = new Underway();
  private volatile boolean stopping;

  Jobs(
      Accepting accepting,
      OffersView offers,
      JobRepository repository,
      JobOutbox outbox,
      SubmittedPublisher publisher,
      JobStreams streams,
      Owners owners,
      Domain domain,
      JobMetrics metrics,
      JobTracer tracer) {
    this.accepting = accepting;
    this.offers = offers;
    this.repository = repository;
    this.outbox = outbox;
    this.publisher = publisher;
    this.streams = streams;
    this.owners = owners;
    this.domain = domain;
    this.metrics = metrics;
    this.tracer = tracer;
  }

  /**
   * Accepts a submission and has the reader follow it from its first event on.
   *
   * @param peer network address it came from
   * @return completes when the reader follows; fails with the code of the refusal, and then the
   *     reader was not called
   */
  public Uni<JobId> submit(Submission submission, Following following, String peer) {
    JobSpan span = tracer.start("job.accept");
    return underway
        .counted(accepted(submission, following, peer, span))
        .invoke(
            job -> {
              metrics.submitted("accepted");
              span.end("accepted");
            })
        .onFailure()
        .invoke(
            failure -> {
              String code =
                  failure instanceof DGridException coded ? coded.code().name() : "INTERNAL";
              metrics.submitted(code);
              span.fail(code);
            })
        .onCancellation()
        .invoke(() -> span.end("cancelled"));
  }

  private Uni<JobId> accepted(
      Submission submission, Following following, String peer, JobSpan span) {
    return Uni.createFrom()
        .deferred(
            () -> {
              requireOpen();
              return accepting.verified(submission, following, peer);
            })
        .<JobId>chain(
            candidate ->
                offers
                    .outlook(candidate.request().modelId(), candidate.request().maxPrice())
                    .chain(outlook -> accept(candidate, outlook, following, span))
                    .replaceWith(candidate.job()));
  }

  private void requireOpen() {
    if (stopping) {
      throw new DGridException(
          ErrorCode.UNAVAILABLE,
          "this edge is shutting down: ask another",
          Map.of("retry_after_ms", "0"));
    }
  }

  private Uni<Void> accept(
      Candidate candidate, Outlook outlook, Following following, JobSpan span) {
    span.job(candidate.job()).model(candidate.request().modelId());
    return accepting
        .begin(candidate)
        .chain(
            start ->
                accepting
                    .accept(candidate, outlook, following, span.traceparent())
                    .chain(outcome -> accepted(outcome, candidate, following, span, start))
                    .onFailure()
                    .invoke(start::over));
  }

  private Uni<Void> accepted(
      Acceptance outcome, Candidate candidate, Following following, JobSpan span, Start start) {
    return switch (outcome) {
      case Acceptance.New(JobRow job) -> start(job, candidate, following, span, start);
      case Acceptance.Known(JobRow job) -> {
        start.over();
        yield follow(job, 0, following);
      }
    };
  }

  private Uni<Void> start(
      JobRow job, Candidate candidate, Following following, JobSpan span, Start start) {
    JobStream stream;
    try {
      stream = streams.open(job, start);
    } catch (DGridException full) {
      return undo(candidate.job(), full);
    }
    byte[] record = job.record == null ? new byte[0] : job.record;
    return publisher
        .publish(candidate.job(), job.key(), record, span)
        .onFailure(DGridException.class)
        .transform(failure -> notAccepted((DGridException) failure, candidate.job()))
        .onFailure(DGridException.class)
        .call(failure -> withdraw(stream, (DGridException) failure))
        .invoke(
            () -> {
              following.start(stream, 0);
              outbox.logged(candidate.job());
            });
  }

  /** It was accepted and nobody was told, nor will the log be: as if it had never been. */
  private Uni<Void> undo(JobId job, DGridException reason) {
    return repository
        .end(job, Terminals.failed(job, JobState.JOB_STATE_CANCELLED, reason))
        .chain(() -> Uni.createFrom().failure(reason));
  }

  /** Written down before the client hears of it: what it was told must hold if this edge dies. */
  private Uni<Void> withdraw(JobStream stream, DGridException why) {
    return outbox.withdraw(stream.job()).invoke(() -> streams.withdraw(stream, why));
  }

  private static DGridException notAccepted(DGridException failure, JobId job) {
    return new DGridException(
        failure.code(), failure.getMessage(), Map.of("job_id", job.toString()), failure);
  }

  /**
   * Has the reader follow a job from a token position on.
   *
   * @return fails with NOT_FOUND when the job, or the answer of a finished job, is not kept
   */
  public Uni<Void> resume(JobId job, int fromPosition, Following following) {
    return underway.counted(
        repository
            .find(job)
            .chain(row -> follow(row.orElseThrow(() -> unknown(job)), fromPosition, following)));
  }

  private Uni<Void> follow(JobRow row, int fromPosition, Following following) {
    JobId job = JobId.fromHex(row.jobId);
    Optional<JobStream> here = streams.find(job);
    if (here.isPresent()) {
      following.start(here.get(), fromPosition);
      return Uni.createFrom().voidItem();
    }
    if (row.state.isTerminal()
        && fromPosition >= Terminals.endPosition(Terminals.parse(row.terminal))) {
      following.start(JobStreams.closing(row), fromPosition);
      return Uni.createFrom().voidItem();
    }
    JobStream stream = streams.open(row);
    stream.awaitOwner();
    return owners
        .attach(job)
        .invoke(() -> following.start(stream, fromPosition))
        .onFailure()
        .invoke(() -> streams.forget(stream))
        .onFailure(DGridException.class)
        .transform(failure -> cannotFollow((DGridException) failure, row));
  }

  private static DGridException cannotFollow(DGridException failure, JobRow row) {
    if (failure.code() != ErrorCode.NOT_FOUND) {
      return failure;
    }
    if (row.state == JobPhase.WITHDRAWN) {
      return new DGridException(
          ErrorCode.UNAVAILABLE, "the job was refused as the job log did not answer: sign another");
    }
    return row.state.isTerminal()
        ? new DGridException(
            ErrorCode.NOT_FOUND, "the job has ended and its answer is no longer kept")
        : new DGridException(ErrorCode.UNAVAILABLE, "no scheduler has taken the job yet");
  }

  /** The job as it stands; fails with NOT_FOUND. */
  public Uni<Job> get(JobId job) {
    return repository
        .find(job)
        .map(row -> JobViews.of(row.orElseThrow(() -> unknown(job)), streams.find(job), domain));
  }

  /** Ends a job at once; fails with NOT_FOUND. */
  public Uni<JobState> cancel(JobId job) {
    return repository
        .find(job)
        .chain(
            found -> {
              JobRow row = found.orElseThrow(() -> unknown(job));
              if (row.state.isTerminal()) {
                return Uni.createFrom().item(row.state.wire());
              }
              Optional<JobStream> here = streams.find(job);
              here.ifPresent(stream -> stream.cancel("client cancelled"));
              if (here.isPresent() && here.get().hasOwner()) {
                return Uni.createFrom().item(row.state.wire());
              }
              return cancelAtOwner(job, row.state.wire(), here.isPresent());
            });
  }

  private Uni<JobState> cancelAtOwner(JobId job, JobState state, boolean remembered) {
    Uni<JobState> asked = owners.cancel(job);
    // A stream here tells the owner when it shows up, so its silence now is no failure.
    return remembered ? asked.onFailure().recoverWithItem(state) : asked;
  }

  /** No new jobs from now on. */
  void stopAccepting() {
    stopping = true;
  }

  /** Calls that have begun and follow no stream yet. */
  int underway() {
    return underway.count();
  }

  /** Whether this process is about to end. */
  public boolean isStopping() {
    return stopping;
  }

  private static DGridException unknown(JobId job) {
    return new DGridException(ErrorCode.NOT_FOUND, "no job " + job);
  }
}
