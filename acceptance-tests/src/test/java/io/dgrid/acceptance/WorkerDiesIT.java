package io.dgrid.acceptance;

import static io.dgrid.acceptance.dsl.Ask.question;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Answer;
import io.dgrid.acceptance.dsl.Ask;
import io.dgrid.acceptance.dsl.Client;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.PendingAnswer;
import io.dgrid.acceptance.dsl.Worker;
import io.dgrid.proto.job.v1.Assigned;
import java.math.BigInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Promise: the death of the serving worker costs time, never an answer and never money. */
@Acceptance
class WorkerDiesIT {
  private static final Ask LONG_STORY =
      question("Tell me a long story about a robot and a fox.")
          .withSeed(2)
          .atTemperature(1)
          .ofAtMost(400);

  private final Network network;
  private final Client client;
  private final Worker serving;

  WorkerDiesIT(Network network) {
    this.network = network;
    client = network.client();
    serving = network.cheapestWorker();
  }

  @BeforeEach
  void settle() {
    network.waitUntilWhole();
    client.settles();
  }

  @AfterEach
  void restore() {
    serving.startsAgain();
  }

  @Test
  void beforeItsFirstTokenAnotherOneAnswersAndIsPaidOnce() {
    BigInteger before = client.charged();
    serving.freezes();
    PendingAnswer pending = client.startsToAsk(question("What is DGrid?"));
    isAssignedToTheCheapest(pending);
    serving.dies();

    Answer answer = pending.answer();

    assertThat(answer.failure()).isEmpty();
    assertThat(answer.text()).isNotBlank();
    assertThat(answer.nodes()).hasSize(1).doesNotContain(serving.address());
    assertThat(client.charged().subtract(before)).isEqualTo(answer.amount());
    client.settles();
    assertThat(client.booksAddUp()).isTrue();
  }

  @Test
  void inTheMiddleAnotherOneContinuesWithTheSameBytes() {
    Answer undisturbed = client.asks(LONG_STORY);
    BigInteger before = client.charged();

    serving.freezes();
    PendingAnswer pending = client.startsToAsk(LONG_STORY, serving::freezes);
    isAssignedToTheCheapest(pending);
    serving.crawlsUntil(pending::hasText);
    serving.dies();

    Answer answer = pending.answer();
    assertThat(answer.failure()).isEmpty();
    assertThat(answer.attempts())
        .as("it died in the middle of %d tokens", answer.tokenIds().size())
        .isEqualTo(2);
    assertThat(answer.text()).isEqualTo(undisturbed.text());
    assertThat(answer.tokenIds()).isEqualTo(undisturbed.tokenIds());
    assertThat(answer.nodes()).contains(network.worker(1).address());
    assertThat(client.charged().subtract(before)).isEqualTo(answer.amount());
    client.settles();
    assertThat(client.booksAddUp()).isTrue();
  }

  private void isAssignedToTheCheapest(PendingAnswer pending) {
    Assigned assigned = pending.waitUntilAssigned();
    assertThat(assigned.getOffer().getOffer().getNode().toByteArray())
        .as("%s", assigned)
        .isEqualTo(serving.address().toBytes());
  }
}
