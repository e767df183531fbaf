package io.dgrid.acceptance.faults;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/**
 * One job as its client saw it.
 *
 * @param number of the job within the run
 * @param accepted whether the client heard so; then the job must have an end
 * @param complaints rules that the stream or the bill broke
 * @param ended the client saw how it ended
 * @param lost why the client saw no end; empty when it did
 * @param amount the bill, smallest units; 0 without an end
 */
record Story(
    int number,
    Address client,
    JobId job,
    Behaviour behaviour,
    boolean accepted,
    boolean ended,
    Optional<DGridException> failure,
    Optional<DGridException> lost,
    BigInteger amount,
    List<String> complaints) {

  /** Refused before it was a job. */
  boolean isRefused() {
    return !accepted && lost.isPresent();
  }

  boolean mayBeTriedAgain() {
    return lost.filter(DGridException::retryable).isPresent();
  }

  /** It took its job back, lost its edge, and did not come back for the end. */
  boolean leftBeforeTheEnd() {
    return !ended && behaviour == Behaviour.CANCELS && mayBeTriedAgain();
  }

  boolean isAnswered() {
    return ended && failure.isEmpty();
  }

  String describe() {
    return "job %d %s (%s): %s %s"
        .formatted(number, job, behaviour, failure.or(() -> lost), complaints);
  }
}
