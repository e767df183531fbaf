package io.dgrid.worker.metric;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkerMetricsTest {
  @Test
  void watchedValuesOutliveAGarbageCollection() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    AtomicInteger busy = new AtomicInteger(1);
    new WorkerMetrics(registry, "model", "engine").watch(() -> busy.get(), () -> 0);

    System.gc();
    busy.set(2);

    assertThat(registry.get("dgrid.worker.slots.busy").gauge().value()).isEqualTo(2);
  }
}
