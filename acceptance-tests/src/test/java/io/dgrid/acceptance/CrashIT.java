package io.dgrid.acceptance;

import static io.dgrid.acceptance.dsl.Ask.question;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Ask;
import io.dgrid.acceptance.dsl.Client;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.Part;
import io.dgrid.acceptance.dsl.PendingAnswer;
import io.dgrid.proto.job.v1.JobState;
import org.junit.jupiter.api.Test;

/** Promise: broker and database may crash; no accepted job is lost and no service is restarted. */
@Acceptance
class CrashIT {
  private static final Ask LONG_STORY =
      question("Tell me a long story about a robot and a fox.")
          .withSeed(2)
          .atTemperature(1)
          .ofAtMost(400);

  private final Network network;

  CrashIT(Network network) {
    this.network = network;
  }

  @Test
  void brokerMayCrash() {
    jobsEndOnceAndTheNextOneIsAnswered(network.broker());
  }

  @Test
  void databaseMayCrash() {
    jobsEndOnceAndTheNextOneIsAnswered(network.database());
  }

  private void jobsEndOnceAndTheNextOneIsAnswered(Part crashing) {
    Client client = network.client();
    client.settles();
    var others = network.pidsWithout(crashing);

    PendingAnswer running = client.startsToAsk(LONG_STORY, crashing::dies);
    running.waitForFirstText();
    PendingAnswer meanwhile = client.startsToAsk(question("What is a worker?"));
    crashing.startsAgain();

    assertThat(running.answer().failure()).isEmpty();
    assertThat(running.answer().waitUntilTerminal()).isEqualTo(JobState.JOB_STATE_SUCCEEDED);
    meanwhile.endsInAnAnswerOrARetryableRefusal();
    assertThat(client.asksUntilAnswered(question("What is DGrid?")).text()).isNotBlank();

    client.settles();
    assertThat(client.booksAddUp()).isTrue();
    assertThat(network.pidsWithout(crashing)).isEqualTo(others);
    assertThat(network.unexpectedDeaths()).isEmpty();
  }
}
