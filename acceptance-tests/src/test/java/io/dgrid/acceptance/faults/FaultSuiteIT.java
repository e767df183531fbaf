package io.dgrid.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Promise: whatever breaks, every accepted job ends once, no client sees a gap, and no money is
 * lost or doubled. {@code ./mvnw verify -Pfaults} is the long form; {@code -Ddgrid.faults.seed}
 * repeats a plan, {@code -Ddgrid.faults.jobs} and {@code -Ddgrid.faults.count} say how much of it.
 */
class FaultSuiteIT {
  private static final int CLIENTS = 6;

  private final long seed = seed(Long.getLong("dgrid.faults.seed", 0));
  private final int jobs = Integer.getInteger("dgrid.faults.jobs", 60);
  private final Shape shape = new Shape(2, Integer.getInteger("dgrid.faults.schedulers", 1), 3);
  private final int faults = Integer.getInteger("dgrid.faults.count", 8);

  @Test
  void noJobAndNoMoneyIsLostOrDoubled() {
    System.out.printf("faults: seed %d, %d jobs, %d faults, %s%n", seed, jobs, faults, shape);
    try (FaultyNetwork network = FaultyNetwork.start(shape)) {
      Expected expected = new Expected(network.crowd().edge(), new Random(seed));
      List<Asking> clients = network.crowd().clients(CLIENTS, expected);
      expected.learn(clients.getFirst());
      try (Generator generator = new Generator(clients, expected, seed, Behaviour::draw)) {
        Saboteur saboteur = network.saboteur(new FaultPlan(seed, shape));
        saboteur.workUntil(
            () ->
                generator.accepted() >= jobs && saboteur.done() >= faults || generator.isBroken());

        List<Story> stories = generator.stories();
        report(stories, saboteur.done());
        assertThat(Checker.violations(network.crowd().evidence(stories, clients)))
            .as("seed " + seed)
            .isEmpty();
        assertThat(stories.stream().filter(Story::isAnswered).count()).isGreaterThan(jobs / 2);
        assertThat(network.unexpectedDeaths(saboteur.ranOutOfDisk())).isEmpty();
      }
    }
  }

  private static long seed(long wished) {
    return wished == 0 ? new SecureRandom().nextInt(1, Integer.MAX_VALUE) : wished;
  }

  private static void report(List<Story> stories, int faults) {
    System.out.printf(
        "%d faults, %d questions, %d refused, %d answered; others: %s%n",
        faults,
        stories.size(),
        stories.stream().filter(Story::isRefused).count(),
        stories.stream().filter(Story::isAnswered).count(),
        stories.stream()
            .filter(s -> !s.isRefused() && !s.isAnswered())
            .collect(Collectors.groupingBy(FaultSuiteIT::word, Collectors.counting())));
  }

  private static String word(Story story) {
    return story.behaviour()
        + " "
        + story.failure().or(story::lost).map(f -> f.code().name()).orElse("?");
  }
}
