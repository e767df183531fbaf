package io.dgrid.scheduler.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.job.Attempt;
import io.dgrid.scheduler.job.JobSpec;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.Progress;
import io.dgrid.scheduler.job.RecoveredProgress;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.scheduler.market.Market;
import io.dgrid.scheduler.market.Match;
import io.dgrid.transport.trace.JobTracer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MatcherTest {
  private static final long NO_WORKER_AFTER = 10_000;
  private static final int SERVICE = 1_000;

  private final SigningKey node = SigningKey.random();
  private final Market market = new Market(any -> 500_000, any -> Optional.empty());
  private final Paces paces = new Paces();
  private final List<LiveJob> served = new ArrayList<>();
  private final Map<LiveJob, DGridException> refused = new LinkedHashMap<>();
  private final Matcher matcher =
      new Matcher(market, paces, any -> isUnsure(), new Takes(), NO_WORKER_AFTER);
  private long arrivals;
  private boolean unsure;

  @Test
  void jobsThatPayTooLittleForAFreeSlotHoldUpNobodyBehindThem() {
    offer("cheap", 10, 0);
    for (int i = 0; i < 500; i++) {
      add(10);
    }
    LiveJob rich = add(50);
    matcher.run(0);
    assertThat(served).isEmpty();

    offer("dear", 50, 1);
    matcher.run(0);

    assertThat(served).containsExactly(rich);
    assertThat(refused).isEmpty();
    assertThat(matcher.waiting()).isEqualTo(500);
  }

  @Test
  void nobodyIsServedWhileABetterOfferMayBeOnItsWay() {
    LiveJob job = add(50);
    offer("dear", 50, 1);
    unsure = true;
    matcher.run(0);
    assertThat(served).isEmpty();
    assertThat(refused).isEmpty();
    assertThat(matcher.isWaitedFor(worker("dear"), 0)).as("it could not take the slot").isFalse();

    unsure = false;
    matcher.lookAgain(100);

    assertThat(served).containsExactly(job);
  }

  @Test
  void slotsGoToThoseWhoCameFirst() {
    LiveJob first = add(50);
    LiveJob second = add(50);
    add(50);
    offer("w", 50, 2);

    matcher.run(0);

    assertThat(served).containsExactly(first, second);
  }

  @Test
  void newcomerIsRefusedAtOnceWhenEachOfferAsksMore() {
    offer("w", 50, 0);
    LiveJob poor = add(49);

    matcher.run(0);

    assertThat(refused.get(poor).code()).isEqualTo(ErrorCode.PRICE_TOO_LOW);
    assertThat(refused.get(poor).metadata()).containsEntry("cheapest", "50");
  }

  @Test
  void nobodyIsRefusedWhileWorkersMayStillBeOnTheirWay() {
    offer("w", 50, 0);
    matcher.settledFrom(5_000);
    LiveJob poor = add(49);

    matcher.run(0);
    matcher.lookAgain(4_999);
    assertThat(refused).isEmpty();

    matcher.lookAgain(5_000);
    assertThat(refused).containsOnlyKeys(poor);
  }

  @Test
  void withoutAnyOfferAJobWaitsForOneUntilItsPatienceEnds() {
    LiveJob job = add(50);
    matcher.run(1);
    matcher.lookAgain(NO_WORKER_AFTER);
    assertThat(refused).isEmpty();

    matcher.lookAgain(NO_WORKER_AFTER + 1);

    assertThat(refused.get(job).code()).isEqualTo(ErrorCode.NO_WORKER);
  }

  @Test
  void jobThatCannotMakeItsDeadlineIsToldAtOnceHowLongItWouldTake() {
    measure(10);
    offer("w", 50, 0);
    occupy();
    LiveJob ahead = add(50, SERVICE * 10);
    matcher.run(0);
    LiveJob hurried = add(50, SERVICE * 2);

    matcher.run(0);

    // One ahead, half of the running one left, and its own: 2.5 times the service time.
    assertThat(refused).containsOnlyKeys(hurried);
    assertThat(refused.get(hurried).code()).isEqualTo(ErrorCode.DEADLINE_UNREACHABLE);
    assertThat(refused.get(hurried).metadata())
        .containsEntry("estimate_ms", "2500")
        .containsEntry("retry_after_ms", "500");
    assertThat(matcher.waiting()).isOne();
    assertThat(ahead.isPromisedItsTurn()).isTrue();
  }

  @Test
  void thoseAheadWhoPayLessDoNotLengthenTheWait() {
    measure(10);
    offer("cheap", 10, 0);
    offer("dear", 50, 0);
    occupy();
    for (int i = 0; i < 100; i++) {
      add(10, SERVICE * 1_000);
    }
    add(50, SERVICE * 2);

    matcher.run(0);

    assertThat(refused).isEmpty();
  }

  @Test
  void slowReaderDoesNotTurnOthersAway() {
    measure(10);
    LiveJob slow = job(50, SERVICE);
    JobState.Running waiting = new JobState.Running(progress(slow, 64), attempt());
    paces.changed(slow, slow.state(), new JobState.Assigned(progress(slow, 0), attempt()), 0);
    paces.changed(slow, new JobState.Assigned(progress(slow, 0), attempt()), waiting, 100);
    paces.changed(
        slow, waiting, new JobState.Queued(waiting.progress(), SERVICE * 900), SERVICE * 900);
    offer("w", 50, 0);
    occupy();
    add(50, SERVICE * 2);

    matcher.run(0);

    assertThat(refused).isEmpty();
  }

  @Test
  void whoWasToldToWaitIsNotTurnedAwayLater() {
    measure(10);
    offer("w", 50, 0);
    occupy();
    LiveJob waiting = add(50, SERVICE * 2);
    matcher.run(0);

    matcher.lookAgain(SERVICE + 900);

    assertThat(refused).isEmpty();
    assertThat(matcher.waiting()).isOne();
    assertThat(waiting.isPromisedItsTurn()).isTrue();
  }

  @Test
  void withoutMeasurementsNobodyIsRefusedOverADeadline() {
    measure(7);
    offer("w", 50, 0);
    occupy();
    add(50, 1);

    matcher.run(0);

    assertThat(refused).isEmpty();
  }

  @Test
  void freeSlotIsTakenHoweverShortTheDeadline() {
    measure(10);
    offer("w", 50, 1);
    LiveJob hurried = add(50, 1);

    matcher.run(0);

    assertThat(served).containsExactly(hurried);
  }

  /** Jobs of the model that each took a second for as much output as they may give. */
  private void measure(int times) {
    for (int i = 0; i < times; i++) {
      LiveJob job = job(50, SERVICE);
      JobState queued = job.state();
      JobState.Running running = new JobState.Running(progress(job, 10), attempt());
      paces.changed(job, queued, new JobState.Assigned(progress(job, 0), attempt()), 0);
      paces.changed(job, new JobState.Assigned(progress(job, 0), attempt()), running, 100);
      paces.changed(job, running, new JobState.Queued(running.progress(), SERVICE), SERVICE);
    }
  }

  /** Somebody holds the only slot. */
  private void occupy() {
    paces.adopted(job(50, SERVICE));
  }

  private Progress progress(LiveJob job, int delivered) {
    Chunk.Builder chunk = Chunk.newBuilder().setAttempt(1);
    for (int i = 0; i < delivered; i++) {
      chunk.addTokenIds(i).addLogprobs(0);
    }
    RecoveredProgress progress = new RecoveredProgress(Progress.start(job.spec(), 64));
    progress.attempt(
        1, worker("w"), false, false, List.of(new WireChunk(chunk.build())), Optional.empty());
    return progress.progress();
  }

  private Attempt attempt() {
    return Attempt.recovered(1, worker("w"), signed(50), 0, 0);
  }

  private LiveJob add(long maxPrice) {
    return add(maxPrice, 60_000);
  }

  private LiveJob add(long maxPrice, long life) {
    LiveJob job = job(maxPrice, life);
    matcher.add(job);
    return job;
  }

  private LiveJob job(long maxPrice, long life) {
    SubmittedJob submitted =
        Jobs.job("127.0.0.1:1", 10, maxPrice).toBuilder().setDeadline(life).build();
    JobSpec spec = JobCodec.fromWire(submitted);
    return new LiveJob(
        submitted,
        spec,
        new JobTrace(JobTracer.off(), spec, ""),
        new JobState.Queued(Progress.start(spec, 64), 0),
        0,
        arrivals,
        ++arrivals);
  }

  private void offer(String worker, long price, int free) {
    market.offer(worker(worker), List.of(signed(price)), free);
    matcher.offersChanged(List.of(Jobs.MODEL));
  }

  private WorkerId worker(String name) {
    return new WorkerId(node.address(), name);
  }

  private Signed<Offer> signed(long price) {
    return Signed.by(
        node,
        Jobs.DOMAIN,
        new Offer(
            node.address(), Jobs.MODEL, Price.of(price), Price.of(price), 4, 4_000_000_000_000L));
  }

  private boolean isUnsure() {
    return unsure;
  }

  /** Takes the job out of the line and the slot out of the market, as the dispatcher does. */
  private final class Takes implements Matcher.Outcome {
    @Override
    public void won(LiveJob job, Match match) {
      served.add(job);
      matcher.remove(job);
      market.free(match.winner().worker(), match.winner().freeSlots() - 1);
    }

    @Override
    public void refused(LiveJob job, DGridException why) {
      refused.put(job, why);
      matcher.remove(job);
    }
  }
}
