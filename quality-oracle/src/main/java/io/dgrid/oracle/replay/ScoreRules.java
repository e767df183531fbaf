package io.dgrid.oracle.replay;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.receipt.ScoreReport;
import io.dgrid.core.receipt.Signed;
import io.dgrid.oracle.compare.Measurement;
import io.dgrid.proto.worker.v1.Scores;
import io.dgrid.transport.codec.Wire;
import java.util.Arrays;
import java.util.Set;

/** Whether scores are what an independent verifier signed. Pure. */
final class ScoreRules {
  private ScoreRules() {}

  /**
   * The measurement in signed scores.
   *
   * @param excluded nodes that may not verify: the server, and verifiers heard before
   * @param tokens output tokens of the receipt
   * @throws DGridException INVALID_REQUEST naming what is wrong with them
   */
  static Measurement read(
      Scores scores, ReceiptHash receipt, Set<Address> excluded, int tokens, Domain domain) {
    Address verifier = Wire.address(scores.getVerifier(), "scores.verifier");
    if (verifier.isZero() || excluded.contains(verifier)) {
      throw Wire.invalid("scores.verifier", "an independent node");
    }
    if (!Wire.receiptHash(scores.getReceiptHash()).equals(receipt)) {
      throw Wire.invalid("scores.receipt_hash", "the receipt that was asked for");
    }
    int[] logprobs = Wire.ints(scores.getLogprobsList());
    int[] redrawn = Wire.ints(scores.getRedrawnList());
    if (logprobs.length != tokens || Arrays.stream(logprobs).anyMatch(l -> l < 0 || l > 0xffff)) {
      throw Wire.invalid("scores.logprobs", "0 to 65535 for every output token");
    }
    ScoreReport report =
        new ScoreReport(
            receipt, verifier, Fingerprint.scoresHash(logprobs, redrawn), scores.getScoredAt());
    if (!new Signed<>(report, Wire.signature(scores.getSignature(), "scores.signature"))
        .isBy(verifier, domain)) {
      throw Wire.invalid("scores.signature", "by the verifier");
    }
    try {
      return new Measurement(
          logprobs, redrawn, scores.getSurprisalExcess(), scores.getSurprisalVariance());
    } catch (IllegalArgumentException refused) {
      throw Wire.invalid("scores", "usable: " + refused.getMessage());
    }
  }
}
