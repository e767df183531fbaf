package io.dgrid.scheduler.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.scheduler.peer.HotModelSimulation.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a spread model costs in price and in declined grants, against the same fleet and the same
 * jobs under one owner. Figures in {@code docs/adr/0003-hot-models.md}, made with {@code
 * -Ddgrid.test.jobs=6000}.
 */
class HotModelSimulationTest {
  private static final List<Integer> OWNERS = List.of(1, 2, 4, 8);

  private final long seed = Long.getLong("dgrid.test.seed", 20_261_128);

  @Test
  void noJobPaysMoreThanTheBoundAllows() {
    System.out.println("seed " + seed);
    System.out.println(Outcome.HEAD);
    for (double load : new double[] {0.3, 0.7, 0.95, 1.3}) {
      double alone = 0;
      for (int owners : OWNERS) {
        Outcome outcome = new HotModelSimulation(seed, owners, load, true).run();
        System.out.println(outcome);
        alone = owners == 1 ? outcome.price() : alone;

        assertThat(outcome.served()).as("%s, seed %d", outcome, seed).isEqualTo(outcome.jobs());
        assertThat(outcome.mostRunning())
            .as("%s, seed %d", outcome, seed)
            .isLessThanOrEqualTo(HotModelSimulation.SLOTS);
        assertThat(outcome.longestUnseenMillis())
            .as("%s, seed %d", outcome, seed)
            .isLessThanOrEqualTo(HotModelSimulation.REPORT + HotModelSimulation.FIRST_REFUSAL);
        assertThat(outcome.price()).as("%s, seed %d", outcome, seed).isLessThan(1.03 * alone);
      }
    }
  }

  @Test
  void courtesyKeepsDeclinesRare() {
    System.out.println("without courtesy, seed " + seed);
    System.out.println(Outcome.HEAD);
    for (double load : new double[] {0.7, 1.3}) {
      for (int owners : OWNERS) {
        Outcome rude = new HotModelSimulation(seed, owners, load, false).run();
        System.out.println(rude);
        Outcome courteous = new HotModelSimulation(seed, owners, load, true).run();

        assertThat(courteous.declinesPerJob())
            .as("%s, seed %d", courteous, seed)
            .isLessThanOrEqualTo(0.7 * rude.declinesPerJob())
            .isLessThan(load > 1 ? 0.2 : 1);
      }
    }
  }
}
