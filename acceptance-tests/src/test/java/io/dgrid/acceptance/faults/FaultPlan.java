package io.dgrid.acceptance.faults;

import io.dgrid.acceptance.faults.Fault.AtOnce;
import io.dgrid.acceptance.faults.Fault.Cut;
import io.dgrid.acceptance.faults.Fault.Freeze;
import io.dgrid.acceptance.faults.Fault.FullDisk;
import io.dgrid.acceptance.faults.Fault.Kill;
import io.dgrid.acceptance.faults.Fault.Repeat;
import io.dgrid.acceptance.faults.Fault.Restart;
import io.dgrid.acceptance.faults.Fault.Skew;
import io.dgrid.local.broker.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which faults happen, in which order, and for how long: a pure function of the seed. Each round
 * goes through every process, every link and every topic once before any of them has a second turn.
 */
final class FaultPlan {
  private static final int SHORTEST_PAUSE = 200;
  private static final int LONGEST_PAUSE = 1_500;
  private static final int SHORTEST_FAULT = 300;
  private static final int LONGEST_FAULT = 4_000;
  private static final int LONGEST_SKEW_SECONDS = 90;
  private static final int MOST_REPEATED = 200;
  private static final int THOUSAND = 1_000;

  /** One of so many steps is two faults at once. */
  private static final int DOUBLED = 3;

  private final Random random;
  private final Shape shape;
  private List<Object> round = List.of();

  /**
   * @param pause before it, after the end of the fault before
   * @param lasts from the fault to its repair
   */
  record Step(Duration pause, Fault fault, Duration lasts) {}

  FaultPlan(long seed, Shape shape) {
    random = new Random(seed);
    this.shape = shape;
  }

  /** The first steps of a plan. */
  static List<Step> of(long seed, Shape shape, int count) {
    FaultPlan plan = new FaultPlan(seed, shape);
    return Stream.generate(plan::next).limit(count).toList();
  }

  /** The next step; there is always one. */
  Step next() {
    if (round.isEmpty()) {
      round = new ArrayList<>(shape.processes());
      round.addAll(shape.links());
      round.addAll(List.of(Topics.values()));
      Collections.shuffle(round, random);
    }
    Object target = round.removeLast();
    Duration pause = between(SHORTEST_PAUSE, LONGEST_PAUSE);
    Fault fault = fault(target);
    boolean doubled = random.nextInt(DOUBLED) == 0;
    if (doubled && !round.isEmpty() && haveNothingInCommon(target, round.getLast())) {
      fault = new AtOnce(fault, fault(round.removeLast()));
    }
    return new Step(pause, fault, between(SHORTEST_FAULT, LONGEST_FAULT));
  }

  private static boolean haveNothingInCommon(Object one, Object other) {
    return Collections.disjoint(touched(one), touched(other));
  }

  private static Set<String> touched(Object target) {
    return switch (target) {
      case Link link -> Set.of(link.from(), link.to());
      case Topics topic -> Set.of("kafka");
      default -> Set.of((String) target);
    };
  }

  private Fault fault(Object target) {
    return switch (target) {
      case Link link -> new Cut(link, pick(Disturbance.values()));
      case Topics topic -> repeat(topic);
      default -> processFault((String) target);
    };
  }

  /** Half of them the newest records, the others from anywhere. */
  private Repeat repeat(Topics topic) {
    int from = random.nextBoolean() ? THOUSAND : random.nextInt(THOUSAND);
    int count = random.nextInt(1, MOST_REPEATED);
    return new Repeat(topic, from, count, random.nextBoolean() ? 0 : random.nextLong());
  }

  private Fault processFault(String process) {
    int kind = random.nextInt(6);
    Duration offset = Duration.ofSeconds(random.nextInt(1, LONGEST_SKEW_SECONDS));
    return switch (kind) {
      case 0 -> new Restart(process);
      case 1 -> new Freeze(process);
      case 2, 3 -> shape.hasOwnClock(process) ? skew(process, offset) : new Kill(process);
      case 4 -> shape.writesFiles(process) ? new FullDisk(process) : new Kill(process);
      default -> new Kill(process);
    };
  }

  private Fault skew(String process, Duration offset) {
    return new Skew(process, random.nextBoolean() ? offset : offset.negated());
  }

  private Disturbance pick(Disturbance[] all) {
    return all[random.nextInt(all.length)];
  }

  private Duration between(int shortest, int longest) {
    return Duration.ofMillis(random.nextInt(shortest, longest));
  }
}
