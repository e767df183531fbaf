package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.job.v1.Assigned;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.scheduler.job.Attempt;
import io.dgrid.scheduler.job.JobSpec;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.WorkerId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A job in memory with what the adapters need of it. The owner's thread only. */
public final class LiveJob {
  private final SubmittedJob submitted;
  private final JobSpec spec;
  private final JobTrace trace;
  private final int partition;
  private final long offset;
  private final long sequence;
  private final Map<Integer, Assigned> assignments = new HashMap<>();
  private final Set<WorkerId> avoided = new HashSet<>();
  private JobState state;
  private CompletableFuture<JobLog.Outcome> durable =
      CompletableFuture.completedFuture(JobLog.Outcome.IN_LOG);
  private boolean ended;
  private boolean givenUp;
  private long withoutOffersSince;
  private boolean promisedItsTurn;

  LiveJob(
      SubmittedJob submitted,
      JobSpec spec,
      JobTrace trace,
      JobState state,
      int partition,
      long offset,
      long sequence) {
    this.submitted = submitted;
    this.spec = spec;
    this.trace = trace;
    this.state = state;
    this.partition = partition;
    this.offset = offset;
    this.sequence = sequence;
  }

  public JobId id() {
    return spec.id();
  }

  public ModelId model() {
    return spec.request().modelId();
  }

  public JobSpec spec() {
    return spec;
  }

  /** As the edge wrote it. */
  public SubmittedJob submitted() {
    return submitted;
  }

  public JobState state() {
    return state;
  }

  /** Fencing numbers of the attempts that this worker holds. */
  IntStream attemptsOf(WorkerId worker) {
    return state instanceof JobState.Active active
        ? active.attempts().stream()
            .filter(attempt -> attempt.worker().equals(worker))
            .mapToInt(Attempt::number)
        : IntStream.empty();
  }

  /** Who holds an attempt of it. */
  Set<WorkerId> holders() {
    return holders(state);
  }

  static Set<WorkerId> holders(JobState state) {
    return state instanceof JobState.Active active
        ? active.attempts().stream().map(Attempt::worker).collect(Collectors.toSet())
        : Set.of();
  }

  /** The announcement of an attempt; known once the grant is durable. */
  public Map<Integer, Assigned> assignments() {
    return assignments;
  }

  /** Terminal, and the log knows. */
  public boolean ended() {
    return ended;
  }

  JobTrace trace() {
    return trace;
  }

  int partition() {
    return partition;
  }

  long offset() {
    return offset;
  }

  /** Order of arrival: a job that is queued again keeps its place. */
  long sequence() {
    return sequence;
  }

  Set<WorkerId> avoided() {
    return avoided;
  }

  void become(JobState next) {
    state = next;
  }

  /** Completes with what became of everything written for this job so far. */
  CompletableFuture<JobLog.Outcome> durable() {
    return durable;
  }

  void writing(CompletableFuture<JobLog.Outcome> write) {
    durable = durable.thenCombine(write, JobLog.Outcome::worse);
  }

  /** Forgets what could not be written; true the first time. */
  boolean giveUp() {
    boolean first = !givenUp;
    givenUp = true;
    if (first) {
      durable = CompletableFuture.completedFuture(JobLog.Outcome.IN_LOG);
    }
    return first;
  }

  void markEnded() {
    ended = true;
  }

  /** Unix milliseconds; 0 while offers exist. */
  long withoutOffersSince() {
    return withoutOffersSince;
  }

  void withoutOffersSince(long since) {
    withoutOffersSince = since;
  }

  /**
   * It was told to wait: it is not turned away any more because others were slower than thought.
   */
  boolean isPromisedItsTurn() {
    return promisedItsTurn;
  }

  void promiseItsTurn() {
    promisedItsTurn = true;
  }
}
