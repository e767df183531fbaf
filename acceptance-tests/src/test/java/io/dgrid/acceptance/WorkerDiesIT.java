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
import io.dgrid.transport.codec.Wire;
import java.math.BigInteger;
import java.util.function.Supplier;
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
  private Worker serving;

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
    PendingAnswer pending = assignedAndFrozen(() -> client.startsToAsk(question("What is DGrid?")));
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

    PendingAnswer pending =
        assignedAndFrozen(() -> client.startsToAsk(LONG_STORY, () -> serving.freezes()));
    serving.crawlsUntil(pending::hasText);
    serving.dies();

    Answer answer = pending.answer();
    assertThat(answer.failure()).isEmpty();
    assertThat(answer.attempts()).isEqualTo(2);
    assertThat(answer.text()).isEqualTo(undisturbed.text());
    assertThat(answer.tokenIds()).isEqualTo(undisturbed.tokenIds());
    assertThat(answer.nodes()).anyMatch(node -> !node.equals(serving.address()));
    assertThat(client.charged().subtract(before)).isEqualTo(answer.amount());
    client.settles();
    assertThat(client.booksAddUp()).isTrue();
  }

  /** Asked while nobody can begin; whoever won stays frozen, the others go on. */
  private PendingAnswer assignedAndFrozen(Supplier<PendingAnswer> asking) {
    network.workers().forEach(Worker::freezes);
    PendingAnswer pending = asking.get();
    serving =
        network.workerOf(
            Wire.address(pending.waitUntilAssigned().getOffer().getOffer().getNode(), "node"));
    network.workers().stream()
        .filter(worker -> !worker.address().equals(serving.address()))
        .forEach(Worker::goesOn);
    return pending;
  }
}
