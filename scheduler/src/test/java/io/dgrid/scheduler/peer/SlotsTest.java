package io.dgrid.scheduler.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.scheduler.dispatch.WorkerReport;
import io.dgrid.scheduler.fixture.Jobs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SlotsTest {
  private static final int FIRST_REFUSAL = 250;
  private static final ModelId MODEL = new ModelId(Jobs.hash("hot"));

  private final Slots slots = new Slots(Duration.ofMillis(FIRST_REFUSAL));
  private final List<AttemptKey> running = new ArrayList<>();
  private int attempts;

  @Test
  void whileNobodyWaitsEveryOwnerMayGiveAwayEverySlot() {
    owners("a", "b");
    states(2);

    assertThat(slots.toldTo("a")).isEqualTo(2);
    assertThat(slots.toldTo("b")).isEqualTo(2);
    assertThat(take("b", 1)).isTrue();
    assertThat(take("b", 1)).isTrue();
    assertThat(take("a", 1)).isFalse();
  }

  @Test
  void slotIsKeptForTheOwnerWhoseTurnItIs() {
    owners("a", "b");
    slots.waiting("a", true, 0);
    slots.waiting("b", true, 0);
    states(1);

    assertThat(slots.toldTo("a")).isOne();
    assertThat(slots.toldTo("b")).isZero();
    assertThat(take("b", 1)).isFalse();
    assertThat(take("a", 1)).isTrue();

    states(1);
    assertThat(slots.toldTo("a")).isZero();
    assertThat(slots.toldTo("b")).isOne();
  }

  @Test
  void onlyWhoWaitsHasATurn() {
    owners("a", "b", "c");
    slots.waiting("c", true, 0);
    states(1);

    assertThat(told("a", "b", "c")).containsExactly(0, 0, 1);
  }

  @Test
  void slotsAreDealtOutEvenly() {
    owners("a", "b", "c");
    slots.waiting("a", true, 0);
    slots.waiting("b", true, 0);
    states(5);

    assertThat(told("a", "b", "c")).containsExactly(3, 2, 0);
  }

  @Test
  void ownerOfTwoPartitionsHasTwoTurns() {
    slots.owners(Map.of(0, "a", 1, "b", 2, "b"), 0);
    slots.waiting("a", true, 0);
    slots.waiting("b", true, 0);
    states(6);

    assertThat(told("a", "b")).containsExactly(2, 4);
  }

  @Test
  void whoNoLongerWaitsLeavesItsSlotToTheOthers() {
    owners("a", "b");
    slots.waiting("a", true, 0);
    slots.waiting("b", true, 0);
    states(1);

    slots.waiting("a", false, 1);
    assertThat(told("a", "b")).containsExactly(0, 1);

    slots.waiting("b", false, 2);
    assertThat(told("a", "b")).containsExactly(1, 1);
  }

  @Test
  void slotThatIsNotTakenInTimeIsAnybodys() {
    owners("a", "b", "c");
    slots.waiting("a", true, 0);
    states(1);
    assertThat(slots.lapsesAt()).hasValue(FIRST_REFUSAL);

    assertThat(slots.lapse(FIRST_REFUSAL - 1)).isFalse();
    assertThat(slots.lapse(FIRST_REFUSAL)).isTrue();

    assertThat(told("a", "b", "c")).containsExactly(1, 1, 1);
    assertThat(take("c", FIRST_REFUSAL)).isTrue();
  }

  @Test
  void whoLetItsSlotLapseIsPassedOverForAWhile() {
    owners("a", "b");
    slots.waiting("a", true, 0);
    slots.waiting("b", true, 0);
    states(1);
    slots.lapse(FIRST_REFUSAL);
    take("b", FIRST_REFUSAL);
    states(0, FIRST_REFUSAL);

    states(1, FIRST_REFUSAL + 1);
    assertThat(told("a", "b")).containsExactly(0, 1);
    take("b", FIRST_REFUSAL + 2);
    states(0, FIRST_REFUSAL + 2);

    long rested = FIRST_REFUSAL + 10 * FIRST_REFUSAL;
    states(1, rested);
    assertThat(told("a", "b")).containsExactly(1, 0);
  }

  @Test
  void offerOutlivesTheWorkersNextState() {
    owners("a", "b");
    slots.waiting("b", true, 0);
    states(1);
    slots.waiting("a", true, 100);

    states(1, 200);

    assertThat(told("a", "b")).containsExactly(0, 1);
    assertThat(slots.lapsesAt()).hasValue(FIRST_REFUSAL);
  }

  @Test
  void singleOwnerIsNeverMadeToWait() {
    owners("a");
    slots.waiting("a", true, 0);
    states(2);

    assertThat(slots.lapsesAt()).isEmpty();
    assertThat(slots.toldTo("a")).isEqualTo(2);
  }

  @Test
  void ownerWithJobsButWithoutAPartitionHasATurnToo() {
    owners("a", "b");
    slots.waiting("old", true, 0);
    slots.waiting("a", true, 0);
    states(2);

    assertThat(told("a", "b", "old")).containsExactly(1, 0, 1);
  }

  @Test
  void ownerIsToldWhatItHasGivenAwayItself() {
    owners("a", "b");
    states(2);
    take("a", 1);

    // It takes off its own attempt; to the other one that slot is gone.
    assertThat(told("a", "b")).containsExactly(2, 1);
  }

  @Test
  void slotThatIsBeingGivenAwayIsNobodyElses() {
    owners("a", "b");
    states(1);
    AttemptKey attempt = new AttemptKey(new JobId(Jobs.hash("granted")), 1);

    assertThat(slots.granting(attempt, "a", 1)).isTrue();
    assertThat(slots.toldTo("b")).isZero();
    assertThat(take("b", 2)).isFalse();
    assertThat(slots.take(attempt, "a", 3)).isTrue();
  }

  @Test
  void grantOfAnOwnerThatIsLostIsNoneUnlessItReachedTheWorker() {
    owners("a", "b");
    states(2);
    slots.granting(new AttemptKey(new JobId(Jobs.hash("granted")), 1), "a", 1);
    take("a", 1);

    slots.lost("a", 2);

    assertThat(slots.toldTo("b")).isOne();
  }

  private List<Integer> told(String... owners) {
    return List.of(owners).stream().map(slots::toldTo).toList();
  }

  private void owners(String... owners) {
    Map<Integer, String> byPartition = new HashMap<>();
    for (int i = 0; i < owners.length; i++) {
      byPartition.put(i, owners[i]);
    }
    slots.owners(byPartition, 0);
  }

  private void states(int free) {
    states(free, 0);
  }

  /** With everything stated that it was given. */
  private void states(int free, long now) {
    List<WorkerReport.Running> stated =
        running.stream()
            .map(
                each ->
                    new WorkerReport.Running(
                        each.job(), MODEL, each.attempt(), OptionalInt.empty()))
            .toList();
    slots.stated(new WorkerReport(List.of(), free, stated, false, Set.of()), now);
  }

  private boolean take(String owner, long now) {
    AttemptKey attempt = new AttemptKey(new JobId(Jobs.hash("job" + ++attempts)), 1);
    boolean taken = slots.take(attempt, owner, now);
    if (taken) {
      running.add(attempt);
    }
    return taken;
  }
}
