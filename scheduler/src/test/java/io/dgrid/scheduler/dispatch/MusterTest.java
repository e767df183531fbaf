package io.dgrid.scheduler.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ModelId;
import io.dgrid.scheduler.fixture.FakeSession;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.job.WorkerId;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MusterTest {
  private static final ModelId MODEL = Jobs.MODEL;
  private static final ModelId HOT = new ModelId(Jobs.hash("hot"));
  private static final String ONE = "10.0.0.2:9100";
  private static final String TWO = "10.0.0.3:9100";

  private final Shards shards = ShardsTest.shards(HOT.toString(), "3");
  private final Roster roster = new Roster();
  private final Muster muster = new Muster(roster, shards);
  private final Set<Integer> places = shards.of(MODEL);
  private int ends;

  MusterTest() {
    muster.onEnd(() -> ends++);
  }

  @Test
  void jobsWaitUntilEachSchedulerHasNamedItsWorkersAndThoseHaveStated() {
    Muster.Roll roll = asked(places, ONE, TWO);
    muster.named(roll, ONE, List.of(worker(1), worker(2)));
    muster.found(worker(1));
    muster.named(roll, TWO, List.of());
    assertThat(muster.isAwaited(MODEL)).isTrue();
    assertThat(ends).isZero();

    muster.found(worker(2));

    assertThat(muster.isAwaited(MODEL)).isFalse();
    assertThat(ends).isOne();
    assertThat(muster.giveUp(roll)).isFalse();
  }

  @Test
  void jobsWaitWhileItIsNotKnownWhomToAsk() {
    Muster.Roll roll = muster.begin(places);
    assertThat(muster.isAwaited(MODEL)).isTrue();

    muster.asked(roll, Set.of());

    assertThat(muster.isAwaited(MODEL)).as("there is nobody else").isFalse();
  }

  @Test
  void workerThatHasStatedBeforeItIsNamedIsNotMissing() {
    WorkerLink link = new FakeSession(worker(1));
    roster.join(link, 0);
    Muster.Roll roll = asked(places, ONE);
    roster
        .current(link)
        .orElseThrow()
        .heard(new WorkerReport(List.of(), 1, List.of(), false, Set.of()), 1);

    muster.named(roll, ONE, List.of(worker(1)));

    assertThat(muster.isAwaited(MODEL)).isFalse();
  }

  @Test
  void workerThatHasAStreamAndHasStatedNothingIsMissing() {
    roster.join(new FakeSession(worker(1)), 0);
    Muster.Roll roll = asked(places, ONE);

    muster.named(roll, ONE, List.of(worker(1)));

    assertThat(muster.isAwaited(MODEL)).isTrue();
  }

  @Test
  void whoDoesNotComeIsNotWaitedForForEver() {
    Muster.Roll roll = asked(places, ONE, TWO);
    muster.named(roll, ONE, List.of(worker(1)));

    assertThat(muster.giveUp(roll)).isTrue();

    assertThat(muster.isAwaited(MODEL)).isFalse();
    assertThat(ends).isOne();
    muster.named(roll, TWO, List.of(worker(2)));
    assertThat(muster.isAwaited(MODEL)).as("a late answer").isFalse();
  }

  @Test
  void onlyModelsOfThosePartitionsWait() {
    int elsewhere = (places.iterator().next() + 1) % 8;

    muster.begin(Set.of(elsewhere));

    assertThat(muster.isAwaited(MODEL)).isFalse();
  }

  @Test
  void modelWhoseWorkersAreKnownDoesNotWaitForMoreOfItsPartitions() {
    Iterator<Integer> hot = shards.of(HOT).iterator();
    int first = hot.next();
    asked(Set.of(first));

    muster.begin(Set.of(hot.next()));
    assertThat(muster.isAwaited(HOT)).isFalse();

    muster.released(first);
    assertThat(muster.isAwaited(HOT)).as("nothing of it was here before").isTrue();
  }

  @Test
  void partitionThatIsGoneIsNotWaitedFor() {
    Muster.Roll roll = muster.begin(places);

    places.forEach(muster::released);

    assertThat(roll.partitions()).isEmpty();
    assertThat(muster.isOver(roll)).isTrue();
  }

  private Muster.Roll asked(Set<Integer> partitions, String... schedulers) {
    Muster.Roll roll = muster.begin(partitions);
    muster.asked(roll, Set.of(schedulers));
    return roll;
  }

  private static WorkerId worker(int number) {
    return new WorkerId(Address.fromHex("0x" + "%040x".formatted(number)), "w");
  }
}
