package io.dgrid.scheduler.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SchedulerMetricsTest {
  @Test
  void gaugesOutliveAGarbageCollection() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    AtomicInteger owned = new AtomicInteger(1);
    new SchedulerMetrics(registry).gauge("partitions", () -> owned.get());

    System.gc();
    owned.set(2);

    assertThat(registry.get("dgrid.scheduler.partitions").gauge().value()).isEqualTo(2);
  }
}
