package io.dgrid.settlement.intake;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/** Counts what came in. A rejected record is logged here, once, and costs nobody else anything. */
@ApplicationScoped
class IntakeMetrics {
  private static final Logger LOG = Logger.getLogger(IntakeMetrics.class);

  private final MeterRegistry registry;

  IntakeMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * @param noun receipts, vouchers or verdicts
   * @param count new ones; what was there before is not counted again
   */
  void accepted(String noun, long count) {
    registry.counter("dgrid.settlement." + noun, "outcome", "accepted").increment(count);
  }

  /**
   * @param reason one of a closed set: it is a metric tag
   * @param detail for the log
   */
  void rejected(String noun, String reason, String detail) {
    registry.counter("dgrid.settlement." + noun, "outcome", reason).increment();
    LOG.warnf("rejected one of the %s: %s (%s)", noun, reason, detail);
  }
}
