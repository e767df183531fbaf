package io.dgrid.edge.job;

import io.dgrid.core.identity.ModelId;
import io.dgrid.core.model.Catalogue;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;

/** The numbers of this edge. Tags are closed sets: outcomes and catalogue names, never ids. */
@ApplicationScoped
class JobMetrics {
  private static final String MODEL = "gen_ai.request.model";

  private final MeterRegistry registry;
  private final Catalogue catalogue;

  JobMetrics(MeterRegistry registry, Catalogue catalogue) {
    this.registry = registry;
    this.catalogue = catalogue;
  }

  /** A submission was answered: {@code accepted} or the code of its refusal. */
  void submitted(String outcome) {
    registry
        .counter("dgrid.edge.submissions", "outcome", outcome.toLowerCase(Locale.ROOT))
        .increment();
  }

  void openStreams(Supplier<Number> count) {
    Gauge.builder("dgrid.edge.streams.open", count).register(registry);
  }

  void firstToken(ModelId model, long millis) {
    record("gen_ai.server.time_to_first_token", model, "running", millis);
  }

  void ended(ModelId model, JobPhase phase, long millis) {
    record("gen_ai.server.request.duration", model, phase.name().toLowerCase(Locale.ROOT), millis);
  }

  private void record(String name, ModelId model, String outcome, long millis) {
    Timer.builder(name)
        .tag(MODEL, catalogue.find(model).map(e -> e.manifest().name()).orElse("unknown"))
        .tag("outcome", outcome)
        .publishPercentileHistogram(false)
        .register(registry)
        .record(Duration.ofMillis(Math.max(0, millis)));
  }
}
