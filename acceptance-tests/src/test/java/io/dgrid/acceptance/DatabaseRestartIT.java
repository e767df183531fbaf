package io.dgrid.acceptance;

import static io.dgrid.acceptance.dsl.Ask.question;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Ask;
import io.dgrid.acceptance.dsl.Client;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.PendingAnswer;
import io.dgrid.proto.job.v1.JobState;
import org.junit.jupiter.api.Test;

/** Promise: the database may crash; nothing accepted is lost and no service needs a restart. */
@Acceptance
class DatabaseRestartIT {
  private static final Ask LONG_STORY =
      question("Tell me a long story about a robot and a fox.")
          .withSeed(2)
          .atTemperature(1)
          .ofAtMost(400);

  private final Network network;

  DatabaseRestartIT(Network network) {
    this.network = network;
  }

  @Test
  void jobsEndOnceAndTheNextOneIsAnswered() {
    Client client = network.client();
    client.settles();
    var services = network.pidsWithout("postgres");

    PendingAnswer running = client.startsToAsk(LONG_STORY, network.database()::dies);
    running.waitForFirstText();
    PendingAnswer meanwhile = client.startsToAsk(question("What is a worker?"));
    network.database().startsAgain();

    assertThat(running.answer().failure()).isEmpty();
    assertThat(running.answer().waitUntilTerminal()).isEqualTo(JobState.JOB_STATE_SUCCEEDED);
    meanwhile.endsInAnAnswerOrARetryableRefusal();
    assertThat(client.asksUntilAnswered(question("What is DGrid?")).text()).isNotBlank();

    client.settles();
    assertThat(client.booksAddUp()).isTrue();
    assertThat(network.pidsWithout("postgres")).isEqualTo(services);
    assertThat(network.unexpectedDeaths()).isEmpty();
  }
}
