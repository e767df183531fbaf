package io.dgrid.scheduler.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import java.util.Optional;

/**
 * The current try of a job.
 *
 * @param number fencing number, from 1
 * @param firstPosition output position of its first token
 * @param durable the grant is in the log; the worker hears of it only then
 * @param attached the worker's session is open
 * @param since Unix milliseconds of the last progress, or of the loss of the session
 * @param ending set when the job is to end with this attempt
 * @param pending a result that waits for chunks
 * @param resendAsked position a resend was last asked for, −1 for none
 */
public record Attempt(
    int number,
    WorkerId worker,
    Signed<Offer> offer,
    int firstPosition,
    boolean durable,
    boolean attached,
    long since,
    Optional<Ending> ending,
    Optional<Result.Worked> pending,
    int resendAsked) {

  /** Why and since when an attempt is being brought to its end. */
  public record Ending(boolean expired, DGridException failure, long since) {}

  static Attempt granted(int number, WorkerId worker, Signed<Offer> offer, int first, long now) {
    return new Attempt(
        number, worker, offer, first, false, true, now, Optional.empty(), Optional.empty(), -1);
  }

  /** As read back from the log: durable, and its worker has not reported yet. */
  public static Attempt recovered(
      int number, WorkerId worker, Signed<Offer> offer, int first, long now) {
    return new Attempt(
        number, worker, offer, first, true, false, now, Optional.empty(), Optional.empty(), -1);
  }

  Attempt madeDurable(long now) {
    return new Attempt(
        number, worker, offer, firstPosition, true, attached, now, ending, pending, resendAsked);
  }

  Attempt attachedTo(WorkerId reporter, long now) {
    return new Attempt(
        number, reporter, offer, firstPosition, durable, true, now, ending, pending, -1);
  }

  Attempt detached(long now) {
    return new Attempt(
        number, worker, offer, firstPosition, durable, false, now, ending, pending, resendAsked);
  }

  Attempt progressed(long now) {
    return new Attempt(
        number, worker, offer, firstPosition, durable, attached, now, ending, pending, -1);
  }

  /** Its clock starts anew; everything else stays. */
  Attempt paused(long now) {
    return new Attempt(
        number, worker, offer, firstPosition, durable, attached, now, ending, pending, resendAsked);
  }

  Attempt ending(Ending wish) {
    return new Attempt(
        number,
        worker,
        offer,
        firstPosition,
        durable,
        attached,
        since,
        Optional.of(wish),
        pending,
        resendAsked);
  }

  Attempt waitingFor(Result.Worked result, int askedAt) {
    return new Attempt(
        number,
        worker,
        offer,
        firstPosition,
        durable,
        attached,
        since,
        ending,
        Optional.of(result),
        askedAt);
  }

  Attempt askedAt(int position) {
    return new Attempt(
        number, worker, offer, firstPosition, durable, attached, since, ending, pending, position);
  }
}
