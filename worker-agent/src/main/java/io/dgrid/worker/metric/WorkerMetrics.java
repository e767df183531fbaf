package io.dgrid.worker.metric;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;

/** Counters and timings of a worker; inference timings carry OpenTelemetry's names. */
public final class WorkerMetrics {
  private final MeterRegistry registry;
  private final String model;
  private final String engine;

  /**
   * @param model catalogue name, tag {@code gen_ai.request.model}
   * @param engine kind of engine, tag {@code gen_ai.provider.name}
   */
  public WorkerMetrics(MeterRegistry registry, String model, String engine) {
    this.registry = registry;
    this.model = model;
    this.engine = engine;
  }

  /** Samples these values whenever somebody looks. */
  public void watch(Supplier<Number> busySlots, Supplier<Number> unacknowledged) {
    // Builders hold on to the suppliers, which nobody else does.
    Gauge.builder("dgrid.worker.slots.busy", busySlots).register(registry);
    Gauge.builder("dgrid.worker.results.unacknowledged", unacknowledged).register(registry);
  }

  /** An attempt is over. */
  public void attemptEnded(String outcome, Duration duration, int inputTokens, int outputTokens) {
    registry
        .counter("dgrid.worker.attempts", "outcome", outcome.toLowerCase(Locale.ROOT))
        .increment();
    timer("gen_ai.server.request.duration").record(duration);
    tokens("input", inputTokens);
    tokens("output", outputTokens);
  }

  /** The first token of an attempt, so long after its assignment arrived. */
  public void firstToken(Duration delay) {
    timer("gen_ai.server.time_to_first_token").record(delay);
  }

  /** A chunk went out. */
  public void chunkSent(int tokens) {
    registry.counter("dgrid.worker.chunks").increment();
    registry.counter("dgrid.worker.chunk.tokens").increment(tokens);
  }

  /** A session ended or could not be opened. */
  public void sessionLost(String reason) {
    registry.counter("dgrid.worker.sessions.lost", "reason", reason).increment();
  }

  public void sessionOpened() {
    registry.counter("dgrid.worker.sessions.opened").increment();
  }

  /** A score call was answered. */
  public void scored(String outcome, Duration duration) {
    registry.timer("dgrid.worker.scores", "outcome", outcome).record(duration);
  }

  private void tokens(String type, int count) {
    registry
        .counter(
            "gen_ai.server.token.usage",
            "gen_ai.request.model",
            model,
            "gen_ai.provider.name",
            engine,
            "gen_ai.token.type",
            type)
        .increment(count);
  }

  private Timer timer(String name) {
    return registry.timer(name, "gen_ai.request.model", model, "gen_ai.provider.name", engine);
  }
}
