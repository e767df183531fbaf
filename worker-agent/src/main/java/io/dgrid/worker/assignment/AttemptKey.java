package io.dgrid.worker.assignment;

import com.google.protobuf.ByteString;
import io.dgrid.core.identity.JobId;
import io.dgrid.transport.codec.Wire;

/** One try of one job; the number fences. */
public record AttemptKey(JobId jobId, int attempt) {

  /**
   * @throws io.dgrid.core.error.DGridException INVALID_REQUEST when the id is malformed or the
   *     number is not positive
   */
  public static AttemptKey of(ByteString jobId, int attempt) {
    if (attempt < 1) {
      throw Wire.invalid("attempt", "1 to 2147483647");
    }
    return new AttemptKey(Wire.jobId(jobId), attempt);
  }

  @Override
  public String toString() {
    return jobId + "#" + attempt;
  }
}
