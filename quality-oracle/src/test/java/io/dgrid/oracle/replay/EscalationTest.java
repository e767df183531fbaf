package io.dgrid.oracle.replay;

import static io.dgrid.core.receipt.VerdictResult.INCONCLUSIVE;
import static io.dgrid.core.receipt.VerdictResult.MATCH;
import static io.dgrid.core.receipt.VerdictResult.MISMATCH;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.receipt.VerdictResult;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EscalationTest {
  @Test
  void oneVerifierIsEnoughToAcquit() {
    assertThat(decide(true, MATCH)).contains(MATCH);
    assertThat(decide(true, INCONCLUSIVE)).contains(INCONCLUSIVE);
  }

  @Test
  void mismatchAsksFurtherVerifiersUntilTheMajorityIsSettled() {
    assertThat(decide(true, MISMATCH)).isEmpty();
    assertThat(decide(true, MISMATCH, MISMATCH)).contains(MISMATCH);
    assertThat(decide(true, MISMATCH, MATCH)).isEmpty();
    assertThat(decide(true, MISMATCH, MATCH, MATCH)).contains(MATCH);
    assertThat(decide(true, MISMATCH, MATCH, MISMATCH)).contains(MISMATCH);
    assertThat(decide(true, MISMATCH, MATCH, INCONCLUSIVE)).contains(INCONCLUSIVE);
  }

  @Test
  void withoutFurtherVerifiersATieConvictsNobody() {
    assertThat(decide(false, MISMATCH)).contains(MISMATCH);
    assertThat(decide(false, MISMATCH, MATCH)).contains(INCONCLUSIVE);
  }

  private static Optional<VerdictResult> decide(boolean more, VerdictResult... votes) {
    return Escalation.decide(List.of(votes), more, 3);
  }
}
