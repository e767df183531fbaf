package io.dgrid.edge.limit;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;

/** RATE_LIMITED in its kinds, each counted and with the time after which a retry can help. */
@ApplicationScoped
class Refusals {
  private final MeterRegistry metrics;

  Refusals(MeterRegistry metrics) {
    this.metrics = metrics;
  }

  /** This edge has more to do than it can in time. */
  DGridException busy(String stage, long millis) {
    return refusal(stage, "this edge has no place in line", millis);
  }

  /** One party asks for more than its share. */
  DGridException tooFast(String who, long millis) {
    return refusal(who, "more requests of this %s than its rate allows".formatted(who), millis);
  }

  private DGridException refusal(String limit, String message, long millis) {
    metrics.counter("dgrid.edge.limited", "limit", limit).increment();
    return new DGridException(
        ErrorCode.RATE_LIMITED,
        "%s; try again in %d ms".formatted(message, millis),
        Map.of("retry_after_ms", Long.toString(millis)));
  }
}
