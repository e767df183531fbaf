package io.dgrid.scheduler.job;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.receipt.JobRequest;

/**
 * What never changes about a job. Times are Unix milliseconds; {@code inputTokens} is zero when the
 * edge has no tokenizer for the model.
 */
public record JobSpec(
    JobId id, JobRequest request, Hash salt, int inputTokens, long acceptedAt, long deadline) {

  int maxOutputTokens() {
    return request.maxOutputTokens();
  }
}
