package io.dgrid.edge.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.edge.limit.FairQueue.Bounds;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FairQueueTest {
  private static final long MILLI = 1_000_000L;
  private static final long LONG = 3_600_000 * MILLI;

  private long now;
  private final List<String> started = new ArrayList<>();
  private final Map<String, FairQueue<String>.Turn> turns = new HashMap<>();

  @Test
  void lineThatIsShortDoesNotWaitBehindALongOne() {
    FairQueue<String> queue = queue(new Bounds(1, 1, 1000, 1000, LONG));
    for (int i = 0; i < 100; i++) {
      enter(queue, "flood", "f" + i);
    }
    enter(queue, "quiet", "q0");
    enter(queue, "quiet", "q1");

    for (int i = 0; i < 6; i++) {
      endLast();
    }
    assertThat(started).startsWith("f0", "q0", "f1", "q1", "f2", "f3");
  }

  @Test
  void noLineTakesAllTurns() {
    FairQueue<String> queue = queue(new Bounds(4, 2, 1000, 1000, LONG));
    for (int i = 0; i < 10; i++) {
      enter(queue, "flood", "f" + i);
    }
    assertThat(started).containsExactly("f0", "f1");
    enter(queue, "quiet", "q0");
    assertThat(started).containsExactly("f0", "f1", "q0");
    assertThat(queue.waiting()).isEqualTo(8);
  }

  @Test
  void shareCountsOnlyBesideOthersAndForAWhileAfterThem() {
    AtomicInteger share = new AtomicInteger(2);
    FairQueue<String> queue =
        new FairQueue<>(new Bounds(100, 100, 1000, 1000, LONG), share::get, () -> now);
    for (int i = 0; i < 5; i++) {
      enter(queue, "flood", "f" + i);
    }
    assertThat(started).as("alone").hasSize(5);

    enter(queue, "quiet", "q0");
    enter(queue, "flood", "f5");
    assertThat(started).endsWith("q0");
    turns.get("q0").end();
    turns.get("f0").end();
    turns.get("f1").end();
    turns.get("f2").end();
    assertThat(started).as("the quiet one may come again").endsWith("q0");
    turns.get("f3").end();
    assertThat(started).endsWith("f5");

    enter(queue, "flood", "f6");
    share.set(1);
    turns.get("f4").end();
    assertThat(started).as("its share has shrunk").endsWith("f5");
    turns.get("f5").end();
    assertThat(started).endsWith("f6");

    now += 3_000 * MILLI;
    enter(queue, "flood", "f7");
    assertThat(started).as("the quiet one is gone").endsWith("f7");
  }

  @Test
  void placesAreBoundedPerLineAndOverAll() {
    FairQueue<String> queue = queue(new Bounds(1, 1, 3, 2, LONG));
    assertThat(enter(queue, "a", "a0")).isZero();
    assertThat(enter(queue, "a", "a1")).isZero();
    assertThat(enter(queue, "a", "a2")).isZero();
    assertThat(enter(queue, "a", "a3")).as("its line is full").isPositive();
    assertThat(enter(queue, "b", "b0")).isZero();
    assertThat(enter(queue, "c", "c0")).as("all is full").isPositive();
    assertThat(queue.lines()).isEqualTo(2);
  }

  @Test
  void whoWouldWaitTooLongIsToldHowLong() {
    FairQueue<String> queue = queue(new Bounds(1, 1, 1000, 1000, 500 * MILLI));
    for (int i = 0; i < 100; i++) {
      enter(queue, "warm", "w" + i);
      now += 100 * MILLI;
      endLast();
    }
    int places = 0;
    long wait = 0;
    while (wait == 0) {
      wait = enter(queue, "flood", "f" + places++);
    }
    // One runs and five wait, 100 ms each: the next would wait for six.
    assertThat(places).isEqualTo(7);
    assertThat(wait).isBetween(550 * MILLI, 650 * MILLI);
    assertThat(enter(queue, "quiet", "q")).as("another line is short").isZero();
  }

  @Test
  void turnThatEndsWhileItStartsDoesNotDeepenTheStack() {
    FairQueue<String> queue = queue(new Bounds(1, 1, 100_000, 100_000, LONG));
    List<FairQueue<String>.Turn> first = new ArrayList<>();
    queue.enter("a", first::add);
    AtomicInteger count = new AtomicInteger();
    for (int i = 0; i < 50_000; i++) {
      queue.enter(
          "a",
          turn -> {
            count.incrementAndGet();
            turn.end();
          });
    }
    first.getFirst().end();
    assertThat(count).hasValue(50_000);
    assertThat(queue.lines()).isZero();
  }

  @Test
  void turnThatCannotStartTakesNoPlaceForEver() {
    FairQueue<String> queue = queue(new Bounds(1, 1, 10, 10, LONG));
    queue.enter(
        "a",
        turn -> {
          throw new IllegalStateException("expected by the test");
        });
    enter(queue, "a", "a1");
    assertThat(started).containsExactly("a1");
  }

  /** Random comings and goings keep every bound, every line's order, and lose nobody. */
  @Test
  void everyScheduleIsFair() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      int running = 1 + random.nextInt(4);
      int perLine = 1 + random.nextInt(running);
      FairQueue<Integer> queue =
          new FairQueue<>(new Bounds(running, perLine, 10_000, 10_000, LONG), () -> now);
      int keys = 1 + random.nextInt(5);
      Map<Integer, Queue<Integer>> expected = new HashMap<>();
      Map<Integer, Integer> runningOf = new HashMap<>();
      Map<Integer, Integer> passedOver = new HashMap<>();
      List<Runnable> ends = new ArrayList<>();
      int[] left = {0};
      for (int step = 0; step < 200; step++) {
        if (random.nextInt(3) > 0) {
          int key = random.nextInt(keys);
          int number = step;
          expected.computeIfAbsent(key, k -> new ArrayDeque<>()).add(number);
          left[0]++;
          queue.enter(
              key,
              turn -> {
                String hint = "seed " + seed;
                assertThat(expected.get(key).poll()).as(hint).isEqualTo(number);
                assertThat(runningOf.merge(key, 1, Integer::sum))
                    .as(hint)
                    .isLessThanOrEqualTo(perLine);
                assertThat(runningOf.values().stream().mapToInt(i -> i).sum())
                    .as(hint)
                    .isLessThanOrEqualTo(running);
                passedOver.put(key, 0);
                expected.forEach(
                    (other, line) -> {
                      boolean mayRun = runningOf.getOrDefault(other, 0) < perLine;
                      if (other != key && !line.isEmpty() && mayRun) {
                        assertThat(passedOver.merge(other, 1, Integer::sum))
                            .as(hint)
                            .isLessThanOrEqualTo(2 * keys * perLine);
                      }
                    });
                ends.add(
                    () -> {
                      runningOf.merge(key, -1, Integer::sum);
                      left[0]--;
                      turn.end();
                    });
              });
        } else if (!ends.isEmpty()) {
          ends.remove(random.nextInt(ends.size())).run();
        }
      }
      while (!ends.isEmpty()) {
        ends.remove(random.nextInt(ends.size())).run();
      }
      assertThat(left[0]).as("seed %d", seed).isZero();
      assertThat(queue.lines()).isZero();
      assertThat(queue.waiting()).isZero();
    }
  }

  /** In simulated time, at the default bounds: 5 ms a turn, a flood of ten times what that does. */
  @Test
  void floodOfOneLineDoesNotMoveAnothersLatency() {
    long alone = worstLatencyOfAQuietLine(0);
    long meanwhile = worstLatencyOfAQuietLine(16_000);
    assertThat(alone).isEqualTo(5 * MILLI);
    assertThat(meanwhile).isLessThanOrEqualTo(2 * alone);
  }

  private long worstLatencyOfAQuietLine(int floodPerSecond) {
    now = 0;
    FairQueue<String> queue = queue(new Bounds(8, 2, 2048, 128, 2000 * MILLI));
    PriorityQueue<Map.Entry<Long, Runnable>> events =
        new PriorityQueue<>(Map.Entry.comparingByKey());
    long[] worst = {0};
    long end = 2000 * MILLI;
    for (long at = 0; floodPerSecond > 0 && at < end; at += 1000 * MILLI / floodPerSecond) {
      events.add(
          Map.entry(
              at,
              () ->
                  queue.enter("flood", turn -> events.add(Map.entry(now + 5 * MILLI, turn::end)))));
    }
    for (long at = MILLI; at < end; at += 20 * MILLI) {
      long arrived = at;
      events.add(
          Map.entry(
              at,
              () -> {
                long wait =
                    queue.enter(
                        "quiet",
                        turn ->
                            events.add(
                                Map.entry(
                                    now + 5 * MILLI,
                                    () -> {
                                      worst[0] = Math.max(worst[0], now - arrived);
                                      turn.end();
                                    })));
                assertThat(wait).as("the quiet line is never refused").isZero();
              }));
    }
    while (!events.isEmpty()) {
      now = events.peek().getKey();
      events.poll().getValue().run();
    }
    return worst[0];
  }

  @Test
  void manyThreadsLoseNoTurn() throws InterruptedException {
    FairQueue<Integer> queue =
        new FairQueue<>(new Bounds(3, 2, 100_000, 100_000, LONG), System::nanoTime);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    int total = 20_000;
    CountDownLatch done = new CountDownLatch(total);
    try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < total; i++) {
        int key = i % 7;
        queue.enter(
            key,
            turn ->
                pool.execute(
                    () -> {
                      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                      inside.decrementAndGet();
                      turn.end();
                      done.countDown();
                    }));
      }
      assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(most.get()).isBetween(1, 3);
    assertThat(queue.lines()).isZero();
  }

  private FairQueue<String> queue(Bounds bounds) {
    return new FairQueue<>(bounds, () -> now);
  }

  private long enter(FairQueue<String> queue, String key, String name) {
    return queue.enter(
        key,
        turn -> {
          started.add(name);
          turns.put(name, turn);
        });
  }

  private void endLast() {
    turns.get(started.getLast()).end();
  }
}
