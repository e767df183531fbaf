package io.dgrid.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.faults.Fault.Cut;
import io.dgrid.acceptance.faults.Fault.Freeze;
import io.dgrid.acceptance.faults.Fault.Kill;
import io.dgrid.acceptance.faults.Fault.Restart;
import io.dgrid.acceptance.faults.FaultPlan.Step;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FaultPlanTest {
  private static final Shape SHAPE = new Shape(2, 1, 3);
  private static final int ROUND = SHAPE.processes().size() + SHAPE.links().size();

  @Test
  void theSameSeedIsTheSamePlan() {
    assertThat(FaultPlan.of(7, SHAPE, 200)).isEqualTo(FaultPlan.of(7, SHAPE, 200));
    assertThat(FaultPlan.of(7, SHAPE, 200)).isNotEqualTo(FaultPlan.of(8, SHAPE, 200));
  }

  @Test
  void aLongerPlanBeginsLikeAShorterOne() {
    assertThat(FaultPlan.of(7, SHAPE, 200))
        .startsWith(FaultPlan.of(7, SHAPE, 50).toArray(Step[]::new));
  }

  @Test
  void oneRoundReachesEveryProcessAndEveryLink() {
    List<Step> round = FaultPlan.of(7, SHAPE, ROUND);
    assertThat(round.stream().map(s -> target(s.fault())).collect(Collectors.toSet()))
        .hasSize(ROUND)
        .containsAll(SHAPE.processes())
        .containsAll(SHAPE.links());
  }

  @Test
  void manyRoundsBringEveryKindOfFault() {
    List<Step> plan = FaultPlan.of(7, SHAPE, 20 * ROUND);
    Set<Class<?>> kinds = plan.stream().map(s -> s.fault().getClass()).collect(Collectors.toSet());
    assertThat(kinds).containsExactlyInAnyOrder(Kill.class, Restart.class, Freeze.class, Cut.class);
    assertThat(plan)
        .filteredOn(s -> s.fault() instanceof Cut)
        .extracting(s -> ((Cut) s.fault()).disturbance())
        .contains(Disturbance.values());
  }

  private static Object target(Fault fault) {
    return switch (fault) {
      case Kill kill -> kill.process();
      case Restart restart -> restart.process();
      case Freeze freeze -> freeze.process();
      case Cut cut -> cut.link();
    };
  }
}
