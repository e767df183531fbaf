package io.dgrid.acceptance;

import static io.dgrid.acceptance.dsl.Ask.question;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Answer;
import io.dgrid.acceptance.dsl.Ask;
import io.dgrid.acceptance.dsl.Client;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.PendingAnswer;
import io.dgrid.acceptance.dsl.Scheduler;
import io.dgrid.acceptance.dsl.Worker;
import java.math.BigInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Promise: the death of a scheduler is a pause in the answer; its running attempts go on. */
@Acceptance
class SchedulerDiesIT {
  private static final Ask LONG_STORY =
      question("Tell me a long story about a robot and a fox.")
          .withSeed(2)
          .atTemperature(1)
          .ofAtMost(400);

  private final Network network;
  private final Client client;
  private final Worker serving;

  SchedulerDiesIT(Network network) {
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
    network.waitUntilWhole();
  }

  @Test
  void newOwnerAdoptsTheAttemptAndItGoesOnWithTheSameBytes() {
    Answer undisturbed = client.asks(LONG_STORY);
    BigInteger before = client.charged();
    Scheduler owner = network.owner();

    PendingAnswer pending = pausedAtItsFirstText();
    owner.dies();
    serving.goesOn();

    Answer answer = pending.answer();
    assertThat(answer.failure()).isEmpty();
    assertThat(answer.attempts()).as("adopted, not made again").isOne();
    assertThat(answer.nodes()).containsExactly(serving.address());
    isTheSame(answer, undisturbed);
    assertThat(client.charged().subtract(before)).isEqualTo(answer.amount());
    client.settles();
    assertThat(client.booksAddUp()).isTrue();
  }

  @Test
  void workerThatLosesItsSchedulerGoesOnThroughAnother() {
    Answer undisturbed = client.asks(LONG_STORY);
    BigInteger before = client.charged();
    Scheduler gateway =
        network.schedulers().stream()
            .filter(scheduler -> scheduler.sessions().contains(serving.address()))
            .findFirst()
            .orElseThrow();

    PendingAnswer pending = pausedAtItsFirstText();
    gateway.dies();
    serving.goesOn();

    Answer answer = pending.answer();
    assertThat(answer.failure()).isEmpty();
    isTheSame(answer, undisturbed);
    assertThat(client.charged().subtract(before)).isEqualTo(answer.amount());
    client.settles();
    assertThat(client.booksAddUp()).isTrue();
  }

  @Test
  void schedulerThatLeavesHandsItsAttemptsOver() {
    Answer undisturbed = client.asks(LONG_STORY);
    Scheduler owner = network.owner();

    PendingAnswer pending = pausedAtItsFirstText();
    serving.goesOn();
    owner.leaves();

    Answer answer = pending.answer();
    assertThat(answer.failure()).isEmpty();
    assertThat(answer.attempts()).as("adopted, not made again").isOne();
    isTheSame(answer, undisturbed);
  }

  /** A job whose worker is frozen in the middle of it. */
  private PendingAnswer pausedAtItsFirstText() {
    serving.freezes();
    PendingAnswer pending = client.startsToAsk(LONG_STORY, serving::freezes);
    pending.waitUntilAssigned();
    serving.crawlsUntil(pending::hasText);
    return pending;
  }

  private static void isTheSame(Answer answer, Answer undisturbed) {
    assertThat(answer.text()).isEqualTo(undisturbed.text());
    assertThat(answer.tokenIds()).isEqualTo(undisturbed.tokenIds());
    assertThat(answer.logprobs()).isEqualTo(undisturbed.logprobs());
  }
}
