package io.dgrid.edge.admission;

import io.dgrid.proto.job.v1.SubmitRequest;
import io.dgrid.transport.codec.JobRequestCodec;
import io.dgrid.transport.codec.Wire;
import java.time.Duration;
import java.util.Optional;

/** The wire form of a submission. */
public final class SubmissionCodec {
  private static final int MAX_KEY_BYTES = 128;

  private SubmissionCodec() {}

  /** Throws INVALID_REQUEST naming the field that is missing or malformed. */
  public static Submission fromWire(SubmitRequest wire) {
    if (!wire.hasRequest() || !wire.getRequest().hasRequest()) {
      throw Wire.invalid("request", "set");
    }
    if (!wire.hasPrompt()) {
      throw Wire.invalid("prompt", "set");
    }
    if (!wire.hasSampling()) {
      throw Wire.invalid("sampling", "set");
    }
    if (wire.getIdempotencyKeyBytes().size() > MAX_KEY_BYTES) {
      throw Wire.invalid("idempotency_key", "at most 128 bytes");
    }
    if (wire.getTimeoutMs() < 0) {
      throw Wire.invalid("timeout_ms", "at most 9223372036854775807");
    }
    long hedgeAfter = Integer.toUnsignedLong(wire.getHedgeAfterMs());
    if (!Submission.mayHedgeAfter(hedgeAfter)) {
      throw Wire.invalid(
          "hedge_after_ms", "0, or " + Submission.MIN_HEDGE_MS + " to " + Submission.MAX_HEDGE_MS);
    }
    return new Submission(
        JobRequestCodec.fromWire(wire.getRequest()),
        wire.getPrompt(),
        wire.getSampling(),
        Wire.hash(wire.getSalt(), "salt"),
        wire.getIdempotencyKey(),
        wire.getLogprobs(),
        Duration.ofMillis(wire.getTimeoutMs()),
        Duration.ofMillis(hedgeAfter),
        Optional.empty());
  }
}
