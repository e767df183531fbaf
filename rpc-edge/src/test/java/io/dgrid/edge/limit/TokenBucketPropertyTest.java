package io.dgrid.edge.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TokenBucketPropertyTest {
  private static final long SECOND = 1_000_000_000L;
  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  /** Over any stretch of any schedule: never more than the burst and what came back meanwhile. */
  @Test
  void noStretchOfTimeHoldsMoreThanBurstPlusRate() {
    for (int round = 0; round < 200; round++) {
      int rate = 1 + random.nextInt(1000);
      int burst = 1 + random.nextInt(50);
      long now = random.nextLong();
      TokenBucket bucket = new TokenBucket(rate, burst, now);
      List<Long> taken = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        now += random.nextInt(10) == 0 ? random.nextLong(SECOND) : random.nextLong(SECOND / rate);
        if (bucket.take(now) == 0) {
          taken.add(now);
        }
      }
      for (int from = 0; from < taken.size(); from++) {
        for (int to = from; to < taken.size(); to++) {
          double most = burst + (taken.get(to) - taken.get(from)) * (double) rate / SECOND;
          // The interval between tokens is whole nanoseconds, rounded down.
          assertThat((double) (to - from + 1))
              .as("seed %d", seed)
              .isLessThanOrEqualTo(most * 1.001 + 1e-6);
        }
      }
    }
  }

  @Test
  void waitIsHonest() {
    for (int round = 0; round < 1000; round++) {
      int rate = 1 + random.nextInt(1000);
      long now = random.nextLong();
      TokenBucket bucket = new TokenBucket(rate, 1 + random.nextInt(5), now);
      long wait = 0;
      while (wait == 0) {
        wait = bucket.take(now);
      }
      assertThat(bucket.peek(now)).as("seed %d", seed).isEqualTo(wait);
      assertThat(bucket.take(now + wait - 1)).isEqualTo(1);
      assertThat(bucket.peek(now + wait)).isZero();
      assertThat(bucket.take(now + wait)).isZero();
    }
  }

  @Test
  void lookingTakesNothing() {
    TokenBucket bucket = new TokenBucket(1, 1, 0);
    for (int i = 0; i < 100; i++) {
      assertThat(bucket.peek(0)).isZero();
    }
    assertThat(bucket.take(0)).isZero();
    assertThat(bucket.take(0)).isEqualTo(SECOND);
  }

  @Test
  void closedBucketGivesOneTokenWhenItsTimeIsOver() {
    TokenBucket bucket = new TokenBucket(10, 5, 0);
    bucket.close(0, 3 * SECOND);
    assertThat(bucket.take(0)).isEqualTo(3 * SECOND);
    assertThat(bucket.take(3 * SECOND)).isZero();
    assertThat(bucket.take(3 * SECOND)).isPositive();
    bucket.close(3 * SECOND, 1);
    assertThat(bucket.peek(3 * SECOND)).as("never opens earlier").isEqualTo(SECOND / 10);
  }

  @Test
  void bucketsAreBoundedAndForgetTheFullOnesFirst() {
    long[] now = {0};
    TokenBuckets<Integer> buckets = new TokenBuckets<>(1, 1, 100, () -> now[0]);
    assertThat(buckets.take(-1)).isZero();
    now[0] = 10 * SECOND;
    assertThat(buckets.take(0)).isZero();
    for (int stranger = 1; stranger < 99; stranger++) {
      buckets.take(stranger);
    }
    buckets.take(1000);
    assertThat(buckets.size()).isLessThanOrEqualTo(100);
    assertThat(buckets.peek(0)).as("busy, so still known").isEqualTo(1000);
    for (int stranger = 2000; stranger < 5000; stranger++) {
      buckets.take(stranger);
      assertThat(buckets.size()).isLessThanOrEqualTo(100);
    }
  }

  @Test
  void rateZeroIsNoLimit() {
    TokenBuckets<String> none = new TokenBuckets<>(0, 1, 10, () -> 0);
    for (int i = 0; i < 100; i++) {
      assertThat(none.take("a")).isZero();
    }
    assertThat(none.size()).isZero();
  }
}
