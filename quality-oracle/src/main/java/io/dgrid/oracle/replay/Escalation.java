package io.dgrid.oracle.replay;

import io.dgrid.core.receipt.VerdictResult;
import java.util.List;
import java.util.Optional;

/**
 * Nobody is convicted by one verifier where there are more: a MISMATCH asks further ones and needs
 * the majority. Pure.
 */
final class Escalation {
  private Escalation() {}

  /**
   * The result of the votes so far, or empty to ask one more verifier.
   *
   * @param votes in the order they came, at least one
   * @param more whether another verifier could be asked
   * @param limit most verifiers
   */
  static Optional<VerdictResult> decide(List<VerdictResult> votes, boolean more, int limit) {
    if (votes.getFirst() != VerdictResult.MISMATCH) {
      return Optional.of(votes.getFirst());
    }
    long against = count(votes, VerdictResult.MISMATCH);
    long inFavour = count(votes, VerdictResult.MATCH);
    boolean settled = 2 * against > limit || 2 * inFavour > limit;
    if (!settled && more && votes.size() < limit) {
      return Optional.empty();
    }
    if (against > votes.size() - against) {
      return Optional.of(VerdictResult.MISMATCH);
    }
    return Optional.of(
        inFavour > votes.size() - inFavour ? VerdictResult.MATCH : VerdictResult.INCONCLUSIVE);
  }

  private static long count(List<VerdictResult> votes, VerdictResult result) {
    return votes.stream().filter(result::equals).count();
  }
}
