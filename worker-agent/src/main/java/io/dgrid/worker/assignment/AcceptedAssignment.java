package io.dgrid.worker.assignment;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.proto.job.v1.Sampling;
import java.util.OptionalInt;

/**
 * An assignment that passed every check. Arrays are not copied: do not change them.
 *
 * @param promptTokens this worker's own tokenisation; empty where the catalogue has no tokenizer
 * @param delivered output tokens of earlier attempts, from position 0
 * @param wirePrompt as received, kept for the opening
 * @param wireSampling as received, kept for the opening
 * @param tokenBytes whether chunks carry token bytes
 * @param partition of the job in the log, repeated to whoever takes the result
 */
public record AcceptedAssignment(
    AttemptKey key,
    Signed<JobRequest> request,
    Signed<Offer> offer,
    Hash salt,
    int[] promptTokens,
    int[] delivered,
    SamplingParameters sampling,
    Prompt wirePrompt,
    Sampling wireSampling,
    boolean tokenBytes,
    OptionalInt partition) {

  /** Output position of this attempt's first token. */
  public int firstPosition() {
    return delivered.length;
  }
}
