package io.dgrid.acceptance.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Which faults happen, in which order, and for how long: a pure function of the seed. Each round
 * goes through every process and every link once before any of them has a second turn.
 */
final class FaultPlan {
  private static final int SHORTEST_PAUSE = 200;
  private static final int LONGEST_PAUSE = 1_500;
  private static final int SHORTEST_FAULT = 300;
  private static final int LONGEST_FAULT = 4_000;

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
      Collections.shuffle(round, random);
    }
    Object target = round.removeLast();
    Duration pause = between(SHORTEST_PAUSE, LONGEST_PAUSE);
    Fault fault =
        target instanceof Link link
            ? new Fault.Cut(link, pick(Disturbance.values()))
            : processFault((String) target);
    return new Step(pause, fault, between(SHORTEST_FAULT, LONGEST_FAULT));
  }

  private Fault processFault(String process) {
    return switch (random.nextInt(4)) {
      case 0 -> new Fault.Restart(process);
      case 1 -> new Fault.Freeze(process);
      default -> new Fault.Kill(process);
    };
  }

  private Disturbance pick(Disturbance[] all) {
    return all[random.nextInt(all.length)];
  }

  private Duration between(int shortest, int longest) {
    return Duration.ofMillis(random.nextInt(shortest, longest));
  }
}
