package io.dgrid.worker.attempt;

import io.dgrid.core.error.DGridException;
import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.trace.JobSpan;
import io.dgrid.worker.assignment.AcceptedAssignment;
import io.dgrid.worker.assignment.AttemptKey;
import io.dgrid.worker.engine.FinishedGeneration;
import io.dgrid.worker.engine.Generation;
import java.time.Instant;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What is known of one attempt. Confined to the agent's thread, except for its output. */
final class Attempt {
  /** Where it stands; only forward. */
  enum Phase {
    /** Being checked and handed to the engine. */
    PREPARING,
    /** The engine works, or waits for the flow window. */
    RUNNING,
    /** The engine is done; output may still have to go out. */
    ENDED,
    /** The receipt is being signed and stored. */
    SIGNING,
    /** The result waits for its acknowledgement. */
    CLOSED,
    /**
     * The lease ended: nothing is sent; kept in case a receipt for the delivered part is wanted.
     */
    LAPSED
  }

  /** Why the engine was told to stop. */
  enum Stop {
    NOT_ASKED,
    /** The client does not want more. */
    CANCEL,
    /** Another attempt continues. */
    INTERRUPT
  }

  final AttemptKey key;
  final AttemptOutput output;

  /** As assigned: whoever takes this over finds the job's owner by it. */
  final OptionalInt partition;

  final JobSpan span;
  final Instant startedAt;
  final long startedNanos;
  Phase phase = Phase.PREPARING;
  Stop stop = Stop.NOT_ASKED;
  @Nullable AcceptedAssignment accepted;
  @Nullable Generation generation;
  @Nullable FinishedGeneration finished;
  @Nullable DGridException failure;
  @Nullable AttemptResult result;
  Instant finishedAt = Instant.EPOCH;
  int allowUntil;
  int receiptUntil = Integer.MAX_VALUE;
  long leaseDeadline;
  long lapsedAt;

  /** After a reconnect nothing is sent before the scheduler says where to continue. */
  boolean awaitsFlow;

  long flowDeadline;
  boolean resultSent;
  boolean engineEnded;
  boolean firstChunkSent;

  Attempt(
      AttemptKey key,
      OptionalInt partition,
      JobSpan span,
      int firstPosition,
      int allowUntil,
      Instant startedAt,
      long startedNanos,
      long leaseDeadline) {
    this.key = key;
    this.partition = partition;
    this.span = span;
    this.output = new AttemptOutput(firstPosition);
    this.allowUntil = allowUntil;
    this.startedAt = startedAt;
    this.startedNanos = startedNanos;
    this.leaseDeadline = leaseDeadline;
  }

  /** What every result says. */
  AttemptResult.Builder result() {
    AttemptResult.Builder result =
        AttemptResult.newBuilder().setJobId(Wire.bytes(key.jobId())).setAttempt(key.attempt());
    partition.ifPresent(result::setPartition);
    return result;
  }

  boolean occupiesSlot() {
    return switch (phase) {
      case PREPARING, RUNNING, ENDED, SIGNING -> true;
      case CLOSED, LAPSED -> false;
    };
  }

  boolean isLeased() {
    return switch (phase) {
      case PREPARING, RUNNING, ENDED -> true;
      case SIGNING, CLOSED, LAPSED -> false;
    };
  }

  /** Whether the scheduler should hear of it in the state. */
  boolean isListed() {
    return phase != Phase.CLOSED || (!resultSent && result != null && result.hasReceipt());
  }

  /** Whether output may still be sent. */
  boolean isAudible() {
    return phase != Phase.LAPSED && receiptUntil == Integer.MAX_VALUE;
  }

  /** Position from which nothing may be sent; nobody moves the window of a cancelled attempt. */
  int sendLimit() {
    return stop == Stop.CANCEL ? Integer.MAX_VALUE : allowUntil;
  }

  void stopEngine(Stop reason) {
    if (stop == Stop.NOT_ASKED) {
      stop = reason;
    }
    if (generation != null) {
      generation.cancel();
    }
  }
}
