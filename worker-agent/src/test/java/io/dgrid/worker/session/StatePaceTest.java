package io.dgrid.worker.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StatePaceTest {
  private static final long PAUSE = StatePace.PAUSE.toNanos();
  private static final int MANY = 100;

  private final StatePace pace = new StatePace();
  private long now = 1_000_000_000_000L;

  @Test
  void nothingIsSaidWhenNothingIsNew() {
    opened(MANY);
    now += 10 * PAUSE;
    assertThat(pace.dueIn(now)).isEmpty();
  }

  @Test
  void firstStateOfAStreamWaitsForNothing() {
    opened(MANY);
    pace.opened();
    assertThat(pace.dueIn(now)).hasValue(0);
  }

  @Test
  void changesOfABusyMomentAreSaidTogether() {
    opened(MANY);
    pace.due(MANY - 1);
    assertThat(pace.dueIn(now)).hasValue(PAUSE);
    now += PAUSE / 2;
    pace.due(MANY);
    assertThat(pace.dueIn(now)).hasValue(PAUSE - PAUSE / 2);
    now += PAUSE;
    assertThat(pace.dueIn(now)).hasValue(0);
  }

  @Test
  void slotThatJobsMayWaitForIsSaidAtOnce() {
    opened(1);
    pace.due(0);
    assertThat(pace.dueIn(now)).as("a slot that is taken is known to who took it").hasValue(PAUSE);
    pace.due(1);
    assertThat(pace.dueIn(now)).hasValue(0);
  }

  @Test
  void slotOfManyIsNoNews() {
    opened(StatePace.SLOTS_TO_SPARE);
    pace.due(StatePace.SLOTS_TO_SPARE + 1);
    assertThat(pace.dueIn(now)).hasValue(PAUSE);
  }

  private void opened(int freeSlots) {
    pace.opened();
    pace.due(freeSlots);
    pace.said(now);
  }
}
