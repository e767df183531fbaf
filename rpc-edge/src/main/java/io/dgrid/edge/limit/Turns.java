package io.dgrid.edge.limit;

import io.dgrid.edge.limit.FairQueue.Bounds;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A {@link FairQueue} in front of work that takes its time. */
public final class Turns<K> {
  private final FairQueue<K> queue;
  private final String stage;
  private final Refusals refusals;

  Turns(String stage, Bounds bounds, Refusals refusals, MeterRegistry metrics) {
    this(stage, new FairQueue<>(bounds, System::nanoTime), refusals, metrics);
  }

  Turns(String stage, FairQueue<K> queue, Refusals refusals, MeterRegistry metrics) {
    this.queue = queue;
    this.stage = stage;
    this.refusals = refusals;
    Gauge.builder("dgrid.edge.admission.waiting", queue::waiting)
        .tag("stage", stage)
        .register(metrics);
  }

  /**
   * The key's turn when it comes, which lasts until whoever gets it ends it.
   *
   * @return fails with RATE_LIMITED and the expected wait when there is no place in line
   */
  Uni<FairQueue<K>.Turn> hold(K key) {
    return Uni.createFrom()
        .emitter(
            out -> {
              long wait = queue.enter(key, out::complete);
              if (wait > 0) {
                out.fail(refusals.busy(stage, Math.max(1, TimeUnit.NANOSECONDS.toMillis(wait))));
              }
            });
  }

  /**
   * Does the work when it is the key's turn, which lasts until the work ends.
   *
   * @return fails with RATE_LIMITED and the expected wait when there is no place in line
   */
  public <T> Uni<T> take(K key, Supplier<Uni<? extends T>> work) {
    return Uni.createFrom()
        .emitter(
            out -> {
              long wait =
                  queue.enter(
                      key,
                      turn ->
                          Uni.createFrom()
                              .<T>deferred(work)
                              .onTermination()
                              .invoke(turn::end)
                              .subscribe()
                              .with(out::complete, out::fail));
              if (wait > 0) {
                out.fail(refusals.busy(stage, Math.max(1, TimeUnit.NANOSECONDS.toMillis(wait))));
              }
            });
  }
}
