package io.dgrid.acceptance;

import static io.dgrid.acceptance.dsl.Ask.beginning;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Answer;
import io.dgrid.acceptance.dsl.Ask;
import io.dgrid.acceptance.dsl.Client;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.Part;
import io.dgrid.acceptance.dsl.Scheduler;
import io.dgrid.acceptance.dsl.Worker;
import io.dgrid.core.identity.Address;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Promise: a worker serves everybody's jobs, whichever scheduler it has dialled. */
@Acceptance
class ManySchedulersIT {
  private static final Ask STORY = beginning("Once upon a time").atTemperature(1).ofAtMost(48);

  private final Network network;
  private final Client client;

  ManySchedulersIT(Network network) {
    this.network = network;
    client = network.client();
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
  void eachWorkerIsSeenOnceAndOneSchedulerOwnsTheModel() {
    List<Scheduler> schedulers = network.schedulers();
    List<Address> workers = network.workers().stream().map(Worker::address).toList();

    assertThat(schedulers).filteredOn(s -> !s.books().isEmpty()).hasSize(1);
    assertThat(schedulers)
        .flatExtracting(Scheduler::sessions)
        .containsExactlyInAnyOrderElementsOf(workers);
    assertThat(network.owner().books()).containsExactlyInAnyOrderElementsOf(workers);
  }

  @Test
  void workersThatDialledAnotherSchedulerServeTheOwnersJobs() {
    Set<Address> atTheOwner = new HashSet<>(network.owner().sessions());
    List<Worker> near =
        network.workers().stream().filter(w -> atTheOwner.contains(w.address())).toList();
    assertThat(near).as("workers at the owner").hasSizeLessThan(network.workers().size());
    Answer undisturbed = client.asks(STORY.withSeed(7));

    near.forEach(Part::leaves);
    Answer afar = client.asks(STORY.withSeed(7));

    assertThat(afar.failure()).isEmpty();
    assertThat(afar.attempts()).isOne();
    assertThat(atTheOwner).doesNotContainAnyElementsOf(afar.nodes());
    assertThat(afar.text()).isEqualTo(undisturbed.text());
    client.settles();
    assertThat(client.booksAddUp()).isTrue();
  }
}
