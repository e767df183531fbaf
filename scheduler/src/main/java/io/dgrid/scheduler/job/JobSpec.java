package io.dgrid.scheduler.job;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.receipt.JobRequest;

/**
 * What never changes about a job. Times are Unix milliseconds.
 *
 * @param inputTokens zero when the edge has no tokenizer for the model
 * @param hedgeAfter milliseconds without a first token after which a second worker may race for it;
 *     0: never
 */
public record JobSpec(
    JobId id,
    JobRequest request,
    Hash salt,
    int inputTokens,
    long acceptedAt,
    long deadline,
    long hedgeAfter) {

  int maxOutputTokens() {
    return request.maxOutputTokens();
  }
}
