package io.dgrid.edge.limit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CongestionTest {
  private static final long MILLI = 1_000_000L;
  private static final int MOST = 16;

  private long now;
  private final Congestion congestion = new Congestion(MOST, () -> now);

  @Test
  void shareShrinksToOneWhileTheStepIsSlowAndComesBack() {
    steps(20, 10);
    assertThat(congestion.share()).isEqualTo(MOST);

    steps(40, 100);
    assertThat(congestion.share()).isOne();

    steps(30, 90, 12);
    assertThat(congestion.share()).isEqualTo(MOST);
  }

  @Test
  void whatIsUsualForItsOwnBestIsNoCongestion() {
    steps(100, 400);

    assertThat(congestion.share()).isEqualTo(MOST);
  }

  @Test
  void bestOfLongAgoCountsNoMore() {
    steps(20, 10);
    now += 40_000 * MILLI;
    steps(1, 100);
    now += 40_000 * MILLI;

    steps(60, 100);

    assertThat(congestion.share()).isEqualTo(MOST);
  }

  @Test
  void oneChangeMustShowBeforeTheNext() {
    steps(20, 10);
    for (int i = 0; i < 100; i++) {
      congestion.took(100 * MILLI);
    }

    assertThat(congestion.share()).isGreaterThanOrEqualTo(MOST * 3 / 4);
  }

  private void steps(int count, long millis) {
    steps(count, 20, millis);
  }

  private void steps(int count, long pause, long millis) {
    for (int i = 0; i < count; i++) {
      now += (millis + pause) * MILLI;
      congestion.took(millis * MILLI);
    }
  }
}
