package io.dgrid.oracle.replay;

import io.dgrid.core.identity.Address;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.core.receipt.VerdictResult;
import io.dgrid.oracle.compare.Comparison;
import io.dgrid.proto.worker.v1.Scores;
import java.util.Optional;

/** What one run of a replay came to. */
sealed interface Outcome {

  /**
   * Judged. The scores are those the comparison was made with; absent when T4 alone decided.
   *
   * @param reason for the log
   */
  record Decided(Comparison comparison, Optional<Scores> scores, String reason) implements Outcome {
    /** Objective fraud: no model needs to run to see it. */
    static Decided fraud(int tokens, String reason) {
      return withoutScores(VerdictResult.MISMATCH, Verdict.T4, Verdict.T4, tokens, reason);
    }

    /** The free tests passed and nothing else can be tested. */
    static Decided untestable(int tokens, String reason) {
      return withoutScores(VerdictResult.INCONCLUSIVE, Verdict.T4, 0, tokens, reason);
    }

    /** The node never showed what it committed to. */
    static Decided unopened(int tokens, String reason) {
      return withoutScores(VerdictResult.INCONCLUSIVE, 0, 0, tokens, reason);
    }

    private static Decided withoutScores(
        VerdictResult result, int run, int failed, int tokens, String reason) {
      return new Decided(
          new Comparison(result, run, failed, tokens, 0, 0), Optional.empty(), reason);
    }

    Address verifier() {
      return scores.map(s -> Address.of(s.getVerifier().toByteArray())).orElse(Address.ZERO);
    }
  }

  /**
   * Try again later.
   *
   * @param reason the metric's tag: one of a few words
   * @param atEnd the verdict when there is no later
   */
  record Postponed(String reason, Decided atEnd) implements Outcome {}
}
