package io.dgrid.edge.admission;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.JobRequest;

/**
 * A request that is right in itself; whether its client may and can pay is not known yet.
 *
 * @param signer who signed it: the client or a key that must have been granted
 * @param worstCase the most it can cost
 * @param deadline Unix milliseconds
 */
public record Candidate(
    Submission submission,
    JobId job,
    int[] promptTokens,
    Address signer,
    TokenAmount worstCase,
    long deadline) {

  public JobRequest request() {
    return submission.request().statement();
  }
}
