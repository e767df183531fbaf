package io.dgrid.scheduler.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.scheduler.dispatch.WorkerReport;
import io.dgrid.scheduler.fixture.Jobs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * One worker, several owners that wait, forget, freeze and come back in any order. Each answers, if
 * it answers at all, within the first refusal.
 */
class SlotsPropertyTest {
  private static final int ROUNDS = 100;
  private static final int STEPS = 500;
  private static final int FIRST_REFUSAL = 250;
  private static final ModelId MODEL = new ModelId(Jobs.hash("hot"));
  private static final JobId JOB = new JobId(Jobs.hash("job"));

  private final long seed = Long.getLong("dgrid.test.seed", System.nanoTime());
  private final Random random = new Random(seed);

  private final class Round {
    private final int capacity = 1 + random.nextInt(4);
    private final List<String> owners = new ArrayList<>();
    private final Map<Integer, String> running = new LinkedHashMap<>();
    private final Slots slots = new Slots(Duration.ofMillis(FIRST_REFUSAL));
    private int attempts;
    private long now = 1;

    private Round() {
      Map<Integer, String> byPartition = new HashMap<>();
      for (int i = 0; i < 2 + random.nextInt(4); i++) {
        owners.add("owner-" + i);
        byPartition.put(i, "owner-" + i);
      }
      slots.owners(byPartition, now);
    }

    private void state() {
      List<WorkerReport.Running> stated = new ArrayList<>();
      running.forEach(
          (attempt, owner) ->
              stated.add(new WorkerReport.Running(JOB, MODEL, attempt, OptionalInt.empty())));
      slots.stated(
          new WorkerReport(List.of(), capacity - running.size(), stated, false, Set.of()), now);
    }

    private boolean take(String owner) {
      boolean taken = slots.take(new AttemptKey(JOB, ++attempts), owner, now);
      if (taken) {
        running.put(attempts, owner);
      }
      return taken;
    }

    private void finish(int attempt) {
      running.remove(attempt);
      slots.over(new AttemptKey(JOB, attempt), now);
    }

    private String anyone() {
      return owners.get(random.nextInt(owners.size()));
    }
  }

  @Test
  void neverMoreAssignmentsThanSlots() {
    for (int i = 0; i < ROUNDS; i++) {
      Round round = new Round();
      for (int step = 0; step < STEPS; step++) {
        round.now += random.nextInt(80);
        switch (random.nextInt(6)) {
          case 0 -> round.slots.waiting(round.anyone(), true, round.now);
          case 1 -> round.slots.waiting(round.anyone(), false, round.now);
          case 2 -> round.state();
          case 3 -> round.slots.lapse(round.now);
          case 4 -> {
            round.running.keySet().stream().findFirst().ifPresent(round::finish);
            round.state();
          }
          default -> round.take(round.anyone());
        }
        assertThat(round.running).as("seed %d", seed).hasSizeLessThanOrEqualTo(round.capacity);
      }
    }
  }

  @Test
  void noSlotIsIdleLongerThanTheFirstRefusalWhileSomebodyWaits() {
    for (int i = 0; i < ROUNDS; i++) {
      Round round = new Round();
      String eager = round.anyone();
      String frozen = round.anyone();
      round.slots.waiting(eager, true, round.now);
      round.slots.waiting(frozen, true, round.now);
      for (int step = 0; step < 50; step++) {
        List.copyOf(round.running.keySet()).forEach(round::finish);
        round.state();
        long freeSince = round.now;
        // Only one of them takes what it is told of; time passes until that is something.
        while (!round.take(eager)) {
          assertThat(round.slots.lapsesAt()).as("seed %d", seed).isPresent();
          round.now = round.slots.lapsesAt().getAsLong();
          round.slots.lapse(round.now);
        }
        assertThat(round.now - freeSince).as("seed %d", seed).isLessThanOrEqualTo(FIRST_REFUSAL);
        round.now += random.nextInt(500);
      }
    }
  }

  @Test
  void noOwnerStarvesHoweverOthersComeAndGo() {
    for (int i = 0; i < ROUNDS; i++) {
      Round round = new Round();
      String patient = round.owners.getFirst();
      round.slots.waiting(patient, true, round.now);
      int without = 0;
      for (int step = 0; step < 500; step++) {
        round.now += random.nextInt(40);
        String other = round.owners.get(1 + random.nextInt(round.owners.size() - 1));
        round.slots.waiting(other, random.nextInt(4) > 0, round.now);
        round.running.keySet().stream().findFirst().ifPresent(round::finish);
        round.state();
        List<String> order = new ArrayList<>(round.owners);
        Collections.shuffle(order, random);
        boolean served = false;
        for (String owner : order) {
          while (round.slots.leftTo(owner) > 0 && round.take(owner)) {
            served |= owner.equals(patient);
          }
        }
        without = served ? 0 : without + 1;
        assertThat(without).as("seed %d", seed).isLessThanOrEqualTo(2 * round.owners.size());
      }
    }
  }

  @Test
  void ownersThatAllWaitAreServedEquallyOften() {
    for (int i = 0; i < 20; i++) {
      Round round = new Round();
      Map<String, Integer> served = new HashMap<>();
      round.owners.forEach(owner -> round.slots.waiting(owner, true, round.now));
      for (int step = 0; step < 600; step++) {
        round.now += random.nextInt(40);
        round.running.keySet().stream().findFirst().ifPresent(round::finish);
        round.state();
        for (String owner : round.owners) {
          while (round.slots.leftTo(owner) > 0 && round.take(owner)) {
            served.merge(owner, 1, Integer::sum);
          }
        }
      }
      int most = served.values().stream().mapToInt(n -> n).max().orElseThrow();
      int least =
          round.owners.stream().mapToInt(o -> served.getOrDefault(o, 0)).min().orElseThrow();
      assertThat(most - least).as("seed %d: %s", seed, served).isLessThanOrEqualTo(4);
    }
  }
}
