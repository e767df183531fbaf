package io.dgrid.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.faults.Fault.AtOnce;
import io.dgrid.acceptance.faults.Fault.Cut;
import io.dgrid.acceptance.faults.Fault.Freeze;
import io.dgrid.acceptance.faults.Fault.FullDisk;
import io.dgrid.acceptance.faults.Fault.Kill;
import io.dgrid.acceptance.faults.Fault.Repeat;
import io.dgrid.acceptance.faults.Fault.Restart;
import io.dgrid.acceptance.faults.Fault.Skew;
import io.dgrid.acceptance.faults.FaultPlan.Step;
import io.dgrid.local.broker.Topics;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FaultPlanTest {
  private static final Shape SHAPE = new Shape(2, 1, 3);
  private static final int ROUND =
      SHAPE.processes().size() + SHAPE.links().size() + Topics.values().length;

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
  void oneRoundReachesEveryProcessEveryLinkAndEveryTopic() {
    List<Object> targets =
        FaultPlan.of(7, SHAPE, ROUND).stream()
            .flatMap(step -> single(step.fault()))
            .limit(ROUND)
            .map(FaultPlanTest::target)
            .toList();
    assertThat(targets)
        .doesNotHaveDuplicates()
        .containsAll(SHAPE.processes())
        .containsAll(SHAPE.links())
        .contains((Object[]) Topics.values());
  }

  @Test
  void manyRoundsBringEveryKindOfFault() {
    List<Step> plan = FaultPlan.of(7, SHAPE, 20 * ROUND);
    List<Fault> faults = plan.stream().flatMap(step -> single(step.fault())).toList();
    Set<Class<?>> kinds = faults.stream().map(Object::getClass).collect(Collectors.toSet());
    assertThat(kinds)
        .containsExactlyInAnyOrder(
            Kill.class,
            Restart.class,
            Freeze.class,
            Cut.class,
            Skew.class,
            FullDisk.class,
            Repeat.class);
    assertThat(faults)
        .filteredOn(Cut.class::isInstance)
        .extracting(fault -> ((Cut) fault).disturbance())
        .contains(Disturbance.values());
    assertThat(plan).extracting(Step::fault).hasAtLeastOneElementOfType(AtOnce.class);
  }

  @Test
  void clocksRunAheadAndBehindAndRecordsComeInOrderAndOutOfOrder() {
    List<Fault> faults =
        FaultPlan.of(7, SHAPE, 20 * ROUND).stream().flatMap(s -> single(s.fault())).toList();
    assertThat(faults)
        .anyMatch(fault -> fault instanceof Skew skew && skew.offset().isNegative())
        .anyMatch(fault -> fault instanceof Skew skew && skew.offset().isPositive())
        .anyMatch(fault -> fault instanceof Repeat repeat && repeat.order() == 0)
        .anyMatch(fault -> fault instanceof Repeat repeat && repeat.order() != 0)
        .noneMatch(fault -> fault instanceof Skew skew && !SHAPE.hasOwnClock(skew.process()));
  }

  @Test
  void whatHappensAtOnceHasNothingInCommon() {
    List<AtOnce> doubled =
        FaultPlan.of(7, SHAPE, 20 * ROUND).stream()
            .map(Step::fault)
            .filter(AtOnce.class::isInstance)
            .map(AtOnce.class::cast)
            .toList();
    assertThat(doubled)
        .isNotEmpty()
        .noneMatch(both -> target(both.one()).equals(target(both.other())))
        .noneMatch(
            both ->
                both.one() instanceof Repeat && "kafka".equals(target(both.other()))
                    || both.other() instanceof Repeat && "kafka".equals(target(both.one())));
  }

  private static Stream<Fault> single(Fault fault) {
    return fault instanceof AtOnce both ? Stream.of(both.one(), both.other()) : Stream.of(fault);
  }

  private static Object target(Fault fault) {
    return switch (fault) {
      case Kill kill -> kill.process();
      case Restart restart -> restart.process();
      case Freeze freeze -> freeze.process();
      case Skew skew -> skew.process();
      case FullDisk full -> full.process();
      case Cut cut -> cut.link();
      case Repeat repeat -> repeat.topic();
      case AtOnce both -> List.of(target(both.one()), target(both.other()));
    };
  }
}
