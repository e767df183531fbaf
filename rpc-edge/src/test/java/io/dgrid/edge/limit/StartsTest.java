package io.dgrid.edge.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.SigningKey;
import io.dgrid.edge.limit.FairQueue.Bounds;
import io.dgrid.edge.limit.Limits.Signatory;
import io.dgrid.edge.limit.Starts.Start;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import org.junit.jupiter.api.Test;

class StartsTest {
  private static final long MILLI = 1_000_000L;

  private final Signatory flood = signatory();
  private final Signatory quiet = signatory();
  private long now;
  private final Congestion congestion = new Congestion(2, () -> now);
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final Starts starts =
      new Starts(
          new Turns<>(
              "start",
              new FairQueue<>(
                  new Bounds(100, 100, 100, 100, Long.MAX_VALUE), congestion::share, () -> now),
              new Refusals(metrics),
              metrics),
          congestion,
          () -> now);

  @Test
  void accountHasAnyNumberAloneAndItsShareBesideOthers() {
    Start first = enter(flood).getItem();
    Start second = enter(flood).getItem();
    Start third = enter(flood).getItem();
    assertThat(third).as("alone").isNotNull();

    assertThat(enter(quiet).getItem()).isNotNull();
    var waiting = enter(flood);
    first.over();
    first.over();
    assertThat(waiting.getItem()).as("two are its share, and once is once").isNull();
    second.over();

    assertThat(waiting.getItem()).isNotNull();
  }

  @Test
  void slowHandoverLessensTheShareAndIsToldOnce() {
    handOver(10);
    Start slow = enter(quiet).getItem();
    now += 10_000 * MILLI;
    slow.handedOver();
    assertThat(congestion.share()).isOne();

    now += 10_000 * MILLI;
    slow.handedOver();
    for (int i = 0; i < 50; i++) {
      handOver(10);
      now += 100 * MILLI;
    }

    assertThat(congestion.share()).as("an outage is soon forgotten").isEqualTo(2);
  }

  private void handOver(long millis) {
    Start start = enter(quiet).getItem();
    now += millis * MILLI;
    start.handedOver();
    start.over();
  }

  private UniAssertSubscriber<Start> enter(Signatory who) {
    return starts.enter(who).subscribe().withSubscriber(UniAssertSubscriber.create());
  }

  private static Signatory signatory() {
    var address = SigningKey.random().address();
    return new Signatory(address, address);
  }
}
