package io.dgrid.edge.admission;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.proto.job.v1.Sampling;
import java.time.Duration;
import java.util.Optional;

/**
 * A request as it came in: well-formed, nothing about it believed yet.
 *
 * @param idempotencyKey empty: none
 * @param timeout zero: the network's limit
 * @param hedgeAfter zero: never; see {@code SubmitRequest.hedge_after_ms}
 * @param apiKey id of the key whose bearer asked; empty for requests the client signed
 */
public record Submission(
    Signed<JobRequest> request,
    Prompt prompt,
    Sampling sampling,
    Hash salt,
    String idempotencyKey,
    boolean logprobs,
    Duration timeout,
    Duration hedgeAfter,
    Optional<Hash> apiKey) {
  /**
   * Milliseconds. A healthy worker may need that long: hedging sooner would double the work of
   * every job.
   */
  public static final int MIN_HEDGE_MS = 50;

  public static final int MAX_HEDGE_MS = 60_000;

  /** Whether a client may ask for a second worker after that time; 0 asks for none. */
  public static boolean mayHedgeAfter(long millis) {
    return millis == 0 || (millis >= MIN_HEDGE_MS && millis <= MAX_HEDGE_MS);
  }
}
