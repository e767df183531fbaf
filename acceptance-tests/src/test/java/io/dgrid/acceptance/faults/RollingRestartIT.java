package io.dgrid.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.Part;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Promise: every edge, scheduler and worker can be restarted, one after the other, while jobs go
 * on; none fails and none is charged twice.
 */
@Acceptance
@EnabledIfSystemProperty(
    named = "dgrid.faults.rolling",
    matches = "true",
    disabledReason = "part of the full form, -Pfaults")
class RollingRestartIT {
  private static final int CLIENTS = 4;
  private static final long SEED = 7;

  private final Network network;

  RollingRestartIT(Network network) {
    this.network = network;
  }

  @Test
  void everyServiceIsRestartedUnderLoadAndNoJobFails() {
    network.waitUntilWhole();
    try (Crowd crowd = new Crowd(network.local())) {
      Expected expected = new Expected(crowd.edge(), new Random(SEED));
      List<Asking> clients = crowd.clients(CLIENTS, expected);
      expected.learn(clients.getFirst());
      try (Generator jobs = new Generator(clients, expected, SEED, Behaviour::drawReader)) {
        Stream.of(network.edges(), network.schedulers(), network.workers())
            .flatMap(List::stream)
            .forEach(part -> restart(part, jobs));
        List<Story> stories = jobs.stories();
        System.out.printf("%d jobs during the rolling restart%n", stories.size());

        List<Story> refused = stories.stream().filter(Story::isRefused).toList();
        System.out.printf("  %d of them refused: %s%n", refused.size(), refused);
        assertThat(refused).allMatch(Story::mayBeTriedAgain, "invites to try again");
        assertThat(stories).filteredOn(story -> !story.isAnswered()).isEqualTo(refused);
        assertThat(Checker.violations(crowd.evidence(stories, clients))).isEmpty();
      }
    }
    network.waitUntilWhole();
    assertThat(network.unexpectedDeaths()).isEmpty();
  }

  /** No restart meets an idle network. */
  private static void restart(Part part, Generator jobs) {
    jobs.waitForOneMore();
    part.leaves();
    part.startsAgain();
  }
}
