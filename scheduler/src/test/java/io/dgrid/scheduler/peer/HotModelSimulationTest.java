package io.dgrid.scheduler.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * What a spread model costs in price and in declined grants, against the same fleet and the same
 * jobs under one owner. Figures in {@code docs/adr/0003-hot-models.md}.
 */
class HotModelSimulationTest {
  private static final List<Integer> OWNERS = List.of(1, 2, 4, 8);
  private static final List<Double> LOADS = List.of(0.3, 0.7, 0.95, 1.3);

  private final long seed = Long.getLong("dgrid.test.seed", 20_261_128);

  @Test
  void noJobPaysMoreThanTheBoundAllows() {
    System.out.println("seed " + seed);
    System.out.println(HotModelSimulation.Outcome.HEAD);
    for (double load : LOADS) {
      for (int owners : OWNERS) {
        HotModelSimulation.Outcome outcome = new HotModelSimulation(seed, owners, load, true).run();
        System.out.println(outcome);

        assertThat(outcome.jobs()).isEqualTo(outcome.served());
        assertThat(outcome.longestUnseenMillis())
            .as("%s, seed %d", outcome, seed)
            .isLessThanOrEqualTo(HotModelSimulation.REPORT + HotModelSimulation.FIRST_REFUSAL);
        assertThat(outcome.mostRunning()).isLessThanOrEqualTo(HotModelSimulation.SLOTS);
      }
    }
  }

  @Test
  void turnsKeepDeclinesRareWhereEveryOwnerWaits() {
    for (int owners : OWNERS) {
      HotModelSimulation.Outcome free = new HotModelSimulation(seed, owners, 1.3, false).run();
      HotModelSimulation.Outcome turns = new HotModelSimulation(seed, owners, 1.3, true).run();
      System.out.println(
          String.format(
              Locale.ROOT,
              "%d owners, declines per job: %.2f without turns, %.2f with",
              owners,
              free.declinesPerJob(),
              turns.declinesPerJob()));

      assertThat(turns.declinesPerJob()).as("seed %d", seed).isLessThan(0.2);
    }
  }
}
