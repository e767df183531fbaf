package io.dgrid.scheduler.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.core.receipt.IssuedReceipt;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What a decision asks of the world. */
public sealed interface Effect {

  /** Goes to the log, acks=all. */
  sealed interface Durable extends Effect {}

  /** Happens at once. */
  sealed interface Immediate extends Effect {}

  /** Happens once every durable effect of the job up to here is in the log. */
  sealed interface AfterDurable extends Effect {}

  record Granted(Attempt attempt) implements Durable {}

  /**
   * An attempt ended and the job goes on; the chunks let another owner of the job continue it.
   *
   * @param how what the row of failures makes of it
   */
  record Ended(
      int attempt,
      Address node,
      DGridException failure,
      Optional<IssuedReceipt> receipt,
      List<Chunk> chunks,
      How how)
      implements Durable {
    /** What an ended attempt says about its job. */
    public enum How {
      /** The worker said how, or was told. */
      ORDINARY,
      /** It cost its worker. */
      LOST,
      /** Another one had the first token, or the job ended: it was stopped, and nothing failed. */
      OVERTAKEN,
      /** It failed in a race without a token: the other one has the job. */
      LEFT_RACE,
      /** It cost its worker in a race: the other one has the job. */
      LOST_IN_RACE;

      /** It was one of two, and the job did not depend on it. */
      public boolean isOfRace() {
        return this == OVERTAKEN || this == LEFT_RACE || this == LOST_IN_RACE;
      }

      public boolean isLoss() {
        return this == LOST || this == LOST_IN_RACE;
      }
    }
  }

  record ReceiptFiled(IssuedReceipt receipt) implements Durable {}

  record Finished(JobState.Terminal state) implements Durable {}

  /** The worker may run the attempt now. */
  record Assign(Attempt attempt) implements Immediate {}

  /** A second worker may be granted the job, if one is free that nobody waits for. */
  record Hedge() implements Immediate {}

  /** Tokens for the client. */
  record Deliver(Chunk chunk) implements Immediate {}

  /** Flow control and adoption. */
  record Flow(WorkerId worker, int attempt, int allowUntil, OptionalInt resendFrom)
      implements Immediate {}

  /** The attempt must stop; a receipt, if wanted, covers positions below {@code receiptUntil}. */
  record Withdraw(
      WorkerId worker, int attempt, String reason, boolean receiptWanted, OptionalInt receiptUntil)
      implements Immediate {}

  /** For the market: how long the worker took to its first token, milliseconds. */
  record FirstToken(WorkerId worker, long millis) implements Immediate {}

  /**
   * For the market: the worker had sent nothing when another one did, milliseconds after it began.
   */
  record Overtaken(WorkerId worker, long millis) implements Immediate {}

  /** For the market: the attempt failed through its worker; {@code dishonest} ends all trust. */
  record WorkerFailed(WorkerId worker, boolean dishonest) implements Immediate {}

  /** For the market: it had no slot when the assignment came; nobody's fault. */
  record WorkerDeclined(WorkerId worker) implements Immediate {}

  /** For the market: the attempt was finished. */
  record WorkerServed(WorkerId worker) implements Immediate {}

  /** The result is safe; the worker may forget it. */
  record Acknowledge(WorkerId worker, int attempt) implements AfterDurable {}
}
