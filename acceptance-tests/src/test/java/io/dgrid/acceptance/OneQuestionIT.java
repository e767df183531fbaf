package io.dgrid.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Answer;
import io.dgrid.acceptance.dsl.Client;
import io.dgrid.acceptance.dsl.Money;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.cli.proof.Check;
import io.dgrid.proto.quality.v1.VerdictResult;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;

/** Promise: one question is answered, proven and paid, and anyone can check it. */
@Acceptance
class OneQuestionIT {
  private final Network network;

  OneQuestionIT(Network network) {
    this.network = network;
  }

  @Test
  void isAnsweredProvenAndPaid() {
    Client client = network.client();
    Money before = client.settles();

    Answer answer = client.asks("What is DGrid?");

    assertThat(answer.text()).isNotBlank();
    assertThat(answer.nodes()).containsExactly(network.cheapestWorker().address());
    assertThat(answer.waitUntilJudged().getResult()).isEqualTo(VerdictResult.VERDICT_RESULT_MATCH);
    assertThat(answer.waitUntilJudged().getVerifier().toByteArray())
        .isNotEqualTo(network.cheapestWorker().address().toBytes());
    assertThat(answer.waitUntilFinal().getReceiptCount()).isPositive();
    assertThat(answer.waitUntilProven())
        .isNotEmpty()
        .allMatch(check -> check.result() == Check.Result.GOOD);
    assertThat(answer.available())
        .isNotEmpty()
        .allMatch(check -> check.result() == Check.Result.GOOD);

    Money moved = client.settles().since(before);
    assertThat(answer.amount()).isPositive();
    assertThat(moved.client()).isEqualTo(answer.amount().negate());
    assertThat(moved.nodes()).isPositive();
    assertThat(moved.treasury()).isEqualTo(network.feeOf(answer.amount()));
    assertThat(moved.sum()).isEqualTo(BigInteger.ZERO);
  }
}
