package io.dgrid.settlement.ledger;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.settlement.Rounds;
import io.dgrid.settlement.SettlementConfig;
import io.dgrid.settlement.SettlementKey;
import io.dgrid.settlement.availability.SegmentStore;
import io.dgrid.settlement.batch.ClosedBatch;
import io.dgrid.settlement.batch.ClosingRule;
import io.dgrid.settlement.batch.DueVoucher;
import io.dgrid.settlement.ledger.OpenRepository.DueReceipt;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * Closes batches, whether or not the chain can be reached: bytes on disk first, then batch, places
 * and outbox entry in one transaction.
 */
@ApplicationScoped
class BatchCloser {
  private static final Logger LOG = Logger.getLogger(BatchCloser.class);

  private final OpenRepository open;
  private final DueVoucherRepository vouchers;
  private final BatchRepository batches;
  private final SegmentStore segments;
  private final Domain domain;
  private final Address sender;
  private final InstantSource time;
  private final ClosingRule rule;
  private final long unpaidAfter;
  private final Duration pause;
  private final DistributionSummary sizes;
  private final AtomicLong oldestAge = new AtomicLong();

  BatchCloser(
      OpenRepository open,
      DueVoucherRepository vouchers,
      BatchRepository batches,
      SegmentStore segments,
      Domain domain,
      SettlementKey key,
      InstantSource time,
      SettlementConfig config,
      MeterRegistry metrics) {
    this.open = open;
    this.vouchers = vouchers;
    this.batches = batches;
    this.segments = segments;
    this.domain = domain;
    this.sender = key.signer().address();
    this.time = time;
    this.rule = new ClosingRule(config.batch().maxReceipts(), config.batch().maxAge());
    this.pause = config.batch().interval();
    this.unpaidAfter = config.batch().unpaidAge().toMillis();
    this.sizes = metrics.summary("dgrid.settlement.batch.receipts");
    metrics.gauge("dgrid.settlement.oldest.unbatched.seconds", oldestAge, a -> a.get() / 1000.0);
  }

  void start(@Observes StartupEvent event, Rounds rounds) {
    rounds.repeat(pause, this::tick);
  }

  private Uni<Void> tick() {
    return closeOne()
        .repeat()
        .whilst(closed -> closed)
        .collect()
        .last()
        .chain(this::measure)
        .onFailure()
        .recoverWithUni(
            e -> {
              LOG.warnf("could not close a batch, will try again: %s", e);
              return Uni.createFrom().voidItem();
            });
  }

  /** True when a batch was closed, so that there may be another. */
  Uni<Boolean> closeOne() {
    return open.due(rule.max(), time.millis(), unpaidAfter)
        .flatMap(due -> closes(due) ? close(due) : Uni.createFrom().item(false));
  }

  private boolean closes(List<DueReceipt> due) {
    long oldest = due.stream().mapToLong(DueReceipt::dueSince).min().orElse(Long.MAX_VALUE);
    return rule.closes(due.size(), oldest, time.instant());
  }

  private Uni<Boolean> close(List<DueReceipt> due) {
    return vouchers
        .neverSent(ClosedBatch.MAX_VOUCHERS)
        .flatMap(named -> VertxContextSupport.executeBlocking(() -> storedBatch(due, named)))
        .flatMap(
            batch ->
                batches
                    .close(batch, domain.chainId(), sender.toBytes(), time.millis())
                    .invoke(number -> report(number, batch)))
        .replaceWith(true);
  }

  private ClosedBatch storedBatch(List<DueReceipt> due, List<DueVoucher> vouchers) {
    ClosedBatch batch = ClosedBatch.of(due.stream().map(DueReceipt::parsed).toList(), vouchers);
    segments.store(batch.segment());
    return batch;
  }

  private void report(long number, ClosedBatch batch) {
    sizes.record(batch.receipts().size());
    LOG.infof(
        "closed batch %d: %d receipts, %d vouchers, %s, root %s",
        number,
        batch.receipts().size(),
        batch.vouchers().size(),
        batch.amount().display(),
        batch.receiptsRoot());
  }

  private Uni<Void> measure() {
    return open.oldestPaid()
        .invoke(oldest -> oldestAge.set(oldest.map(o -> time.millis() - o).orElse(0L)))
        .replaceWithVoid();
  }
}
