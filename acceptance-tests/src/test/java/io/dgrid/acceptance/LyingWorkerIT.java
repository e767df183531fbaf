package io.dgrid.acceptance;

import static io.dgrid.acceptance.dsl.Ask.beginning;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Answer;
import io.dgrid.acceptance.dsl.Liar;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.proto.quality.v1.Verdict;
import io.dgrid.proto.quality.v1.VerdictResult;
import org.junit.jupiter.api.Test;

/** Promise: who sells one model and runs a cheaper one is found out. */
@Acceptance
class LyingWorkerIT {
  private final Network network;

  LyingWorkerIT(Network network) {
    this.network = network;
  }

  @Test
  void coarserWeightsThanSoldAreAMismatch() {
    try (Liar liar = network.liarWith("demo-q4_0.gguf")) {
      Answer answer =
          network
              .client()
              .asks(beginning("Once upon a time").withSeed(3).atTemperature(1).ofAtMost(200));

      assertThat(answer.nodes()).containsExactly(liar.address());
      Verdict verdict = answer.waitUntilJudged();
      assertThat(verdict.getResult()).isEqualTo(VerdictResult.VERDICT_RESULT_MISMATCH);
      assertThat(verdict.getTestsFailed()).isNotZero();
      assertThat(verdict.getNode().toByteArray()).isEqualTo(liar.address().toBytes());
      assertThat(verdict.getVerifier().toByteArray()).isNotEqualTo(liar.address().toBytes());
    }
  }
}
