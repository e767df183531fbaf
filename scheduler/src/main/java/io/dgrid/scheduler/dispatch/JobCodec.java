package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.proto.common.v1.Failure;
import io.dgrid.proto.job.v1.Assigned;
import io.dgrid.proto.job.v1.AttemptEnded;
import io.dgrid.proto.job.v1.AttemptGranted;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.Failed;
import io.dgrid.proto.job.v1.Job;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.proto.job.v1.LosingOffer;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.proto.job.v1.Usage;
import io.dgrid.scheduler.job.Attempt;
import io.dgrid.scheduler.job.Chunk;
import io.dgrid.scheduler.job.Effect;
import io.dgrid.scheduler.job.JobSpec;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.Progress;
import io.dgrid.scheduler.market.Match;
import io.dgrid.transport.codec.JobRequestCodec;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.FailureCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Jobs and their transitions, wire ⇄ domain. */
public final class JobCodec {
  /** A record holds 1 MB; chunks may take three quarters of it. */
  private static final int MOST_CHUNK_BYTES = 768 * 1024;

  /** Of one chunk in a record, at most. */
  private static final int FRAME_BYTES = 5;

  /** What a worker says of its failure may be of any length. */
  private static final int MOST_WORDS = 1_000;

  private JobCodec() {}

  /**
   * @throws DGridException INVALID_REQUEST that names the broken field
   */
  static JobSpec fromWire(SubmittedJob wire) {
    JobRequest request = JobRequestCodec.fromWire(wire.getRequest()).statement();
    return new JobSpec(
        Wire.jobId(wire.getJobId()),
        request,
        Wire.hash(wire.getSalt(), "salt"),
        wire.getPromptTokensCount(),
        wire.getAcceptedAt(),
        wire.getDeadline(),
        Integer.toUnsignedLong(wire.getHedgeAfterMs()));
  }

  static JobTransition granted(JobSpec spec, Attempt attempt, long now) {
    return transition(spec, now)
        .setGranted(
            AttemptGranted.newBuilder()
                .setAttempt(attempt.number())
                .setOffer(OfferCodec.toWire(attempt.offer()))
                .setFirstPosition(attempt.firstPosition()))
        .build();
  }

  static JobTransition ended(JobSpec spec, Effect.Ended ended, long now) {
    AttemptEnded.Builder wire =
        AttemptEnded.newBuilder()
            .setAttempt(ended.attempt())
            .setNode(Wire.bytes(ended.node()))
            .setFailure(failure(ended.failure()))
            .setLost(ended.how().isLoss())
            .setOvertaken(ended.how().isOfRace());
    ended.receipt().ifPresent(receipt -> wire.setReceipt(ReceiptCodec.toWire(receipt)));
    int bytes =
        ended.chunks().stream().mapToInt(c -> ((WireChunk) c).wire().getSerializedSize()).sum();
    if (bytes <= MOST_CHUNK_BYTES) {
      // Else an heir makes the tokens again, which the edge then knows by their positions.
      ended.chunks().forEach(chunk -> wire.addChunks(((WireChunk) chunk).wire()));
    }
    return transition(spec, now).setEnded(wire).build();
  }

  /**
   * The end of a job with the tail of its answer, and before it what of the tail does not fit
   * beside it. A chunk that fits into no record is left out: its edge says that it is lost.
   *
   * @param tail joins the end of the answer
   */
  static List<JobTransition> finished(
      JobSpec spec, JobState.Terminal state, List<? extends Chunk> tail, long now) {
    List<JobTransition> records = new ArrayList<>();
    JobTransition.Builder part = transition(spec, now);
    int bytes = 0;
    for (Chunk chunk : tail) {
      int size = ((WireChunk) chunk).wire().getSerializedSize() + FRAME_BYTES;
      if (size > MOST_CHUNK_BYTES) {
        continue;
      }
      if (bytes + size > MOST_CHUNK_BYTES) {
        records.add(part.build());
        part = transition(spec, now);
        bytes = 0;
      }
      part.addTail(((WireChunk) chunk).wire());
      bytes += size;
    }
    part.setEndPosition(state.progress().transcript().end());
    records.add(finished(part, state));
    return List.copyOf(records);
  }

  private static JobTransition finished(JobTransition.Builder wire, JobState.Terminal state) {
    return switch (state) {
      case JobState.Succeeded done -> wire.setCompleted(completed(done)).build();
      case JobState.Failed done ->
          wire.setFailed(
                  failed(
                      done.progress(),
                      io.dgrid.proto.job.v1.JobState.JOB_STATE_FAILED,
                      done.failure()))
              .build();
      case JobState.Cancelled done ->
          wire.setFailed(
                  failed(
                      done.progress(),
                      io.dgrid.proto.job.v1.JobState.JOB_STATE_CANCELLED,
                      done.failure()))
              .build();
      case JobState.Expired done ->
          wire.setFailed(
                  failed(
                      done.progress(),
                      io.dgrid.proto.job.v1.JobState.JOB_STATE_EXPIRED,
                      done.failure()))
              .build();
    };
  }

  /**
   * The end of a job whose submission is malformed; empty when it does not even say which job it
   * is.
   */
  static Optional<JobTransition> refused(SubmittedJob wire, DGridException why, long now) {
    return unseen(wire, io.dgrid.proto.job.v1.JobState.JOB_STATE_FAILED, why, now);
  }

  /** The end of a job that was withdrawn before it was seen; empty as above. */
  static Optional<JobTransition> withdrawn(SubmittedJob wire, long now) {
    return unseen(
        wire,
        io.dgrid.proto.job.v1.JobState.JOB_STATE_CANCELLED,
        new DGridException(
            ErrorCode.UNAVAILABLE, "the job was withdrawn: its edge had no answer from the log"),
        now);
  }

  private static Optional<JobTransition> unseen(
      SubmittedJob wire, io.dgrid.proto.job.v1.JobState state, DGridException why, long now) {
    if (wire.getJobId().size() != Hash.BYTES) {
      return Optional.empty();
    }
    return Optional.of(
        JobTransition.newBuilder()
            .setJobId(wire.getJobId())
            .setClient(wire.getRequest().getRequest().getClient())
            .setModelId(wire.getRequest().getRequest().getModelId())
            .setAt(now)
            .setFailed(
                Failed.newBuilder()
                    .setState(state)
                    .setFailure(failure(why))
                    .setUsage(Usage.getDefaultInstance())
                    .setAmount("0"))
            .build());
  }

  /** As metrics and traces name it. */
  static String outcomeOf(JobState.Terminal state) {
    return stateOf(state).name().substring("JOB_STATE_".length()).toLowerCase(Locale.ROOT);
  }

  private static Failure failure(DGridException failure) {
    Failure wire = FailureCodec.toWire(failure);
    return wire.getMessage().length() <= MOST_WORDS
        ? wire
        : wire.toBuilder().setMessage(wire.getMessage().substring(0, MOST_WORDS)).build();
  }

  /** The last event of a job's stream. */
  public static JobEvent lastEvent(JobSpec spec, JobState.Terminal state) {
    JobTransition transition = finished(transition(spec, 0), state);
    JobEvent.Builder event = JobEvent.newBuilder().setJobId(transition.getJobId());
    return transition.hasCompleted()
        ? event.setCompleted(transition.getCompleted()).build()
        : event.setFailed(transition.getFailed()).build();
  }

  static Assigned assigned(Attempt attempt, List<Match.Loser> losers) {
    Assigned.Builder wire =
        Assigned.newBuilder()
            .setAttempt(attempt.number())
            .setOffer(OfferCodec.toWire(attempt.offer()));
    for (Match.Loser loser : losers) {
      wire.addLosers(
          LosingOffer.newBuilder()
              .setOffer(OfferCodec.toWire(loser.offer()))
              .setReason(loser.reason()));
    }
    return wire.build();
  }

  public static Job view(LiveJob job) {
    Progress progress = job.state().progress();
    Job.Builder view =
        Job.newBuilder()
            .setJobId(Wire.bytes(job.id()))
            .setClient(Wire.bytes(job.spec().request().client()))
            .setModelId(Wire.bytes(job.model()))
            .setState(stateOf(job.state()))
            .setAcceptedAt(job.spec().acceptedAt())
            .setAttempts(progress.highestAttempt())
            .setUsage(usage(progress))
            .setAmount(progress.amount().toString());
    switch (job.state()) {
      case JobState.Failed done -> view.setFailure(FailureCodec.toWire(done.failure()));
      case JobState.Cancelled done -> view.setFailure(FailureCodec.toWire(done.failure()));
      case JobState.Expired done -> view.setFailure(FailureCodec.toWire(done.failure()));
      case JobState.Succeeded done -> {}
      case JobState.Queued live -> {}
      case JobState.Active live -> {}
    }
    return view.build();
  }

  public static io.dgrid.proto.job.v1.JobState stateOf(JobState state) {
    return switch (state) {
      case JobState.Queued s -> io.dgrid.proto.job.v1.JobState.JOB_STATE_QUEUED;
      case JobState.Assigned s -> io.dgrid.proto.job.v1.JobState.JOB_STATE_ASSIGNED;
      case JobState.Racing s -> io.dgrid.proto.job.v1.JobState.JOB_STATE_ASSIGNED;
      case JobState.Running s -> io.dgrid.proto.job.v1.JobState.JOB_STATE_RUNNING;
      case JobState.Succeeded s -> io.dgrid.proto.job.v1.JobState.JOB_STATE_SUCCEEDED;
      case JobState.Failed s -> io.dgrid.proto.job.v1.JobState.JOB_STATE_FAILED;
      case JobState.Cancelled s -> io.dgrid.proto.job.v1.JobState.JOB_STATE_CANCELLED;
      case JobState.Expired s -> io.dgrid.proto.job.v1.JobState.JOB_STATE_EXPIRED;
    };
  }

  private static Completed completed(JobState.Succeeded done) {
    Completed.Builder wire =
        Completed.newBuilder()
            .setFinishReason(done.reason().code())
            .setUsage(usage(done.progress()))
            .setAmount(done.progress().amount().toString());
    done.progress().receipts().forEach(r -> wire.addReceipts(ReceiptCodec.toWire(r)));
    return wire.build();
  }

  private static Failed failed(
      Progress progress, io.dgrid.proto.job.v1.JobState state, DGridException failure) {
    Failed.Builder wire =
        Failed.newBuilder()
            .setState(state)
            .setFailure(failure(failure))
            .setUsage(usage(progress))
            .setAmount(progress.amount().toString());
    progress.receipts().forEach(r -> wire.addReceipts(ReceiptCodec.toWire(r)));
    return wire.build();
  }

  private static Usage usage(Progress progress) {
    return Usage.newBuilder()
        .setInputTokens(progress.billedInputTokens())
        .setOutputTokens(progress.billedOutputTokens())
        .build();
  }

  private static JobTransition.Builder transition(JobSpec spec, long now) {
    return JobTransition.newBuilder()
        .setJobId(Wire.bytes(spec.id()))
        .setClient(Wire.bytes(spec.request().client()))
        .setModelId(Wire.bytes(spec.request().modelId()))
        .setAt(now);
  }
}
