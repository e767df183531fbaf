package io.dgrid.settlement.chain;

import io.dgrid.core.identity.Address;
import io.dgrid.settlement.SettlementConfig;
import io.dgrid.settlement.SettlementKey;
import io.dgrid.settlement.batch.ClosedBatch;
import io.dgrid.settlement.batch.ClosingRule;
import io.dgrid.settlement.batch.DueVoucher;
import io.dgrid.settlement.ledger.CallRepository;
import io.dgrid.settlement.ledger.DueVoucherRepository;
import io.dgrid.settlement.ledger.DueVoucherRepository.LeftOver;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Opens calls for vouchers that no batch takes: more channels than fit into one, a deposit that was
 * short when the voucher was first given. The chain is asked first what it would pay, so that
 * nobody's empty account costs gas again and again.
 */
@ApplicationScoped
class VoucherRound {
  private static final Logger LOG = Logger.getLogger(VoucherRound.class);

  private final Chain chain;
  private final DueVoucherRepository vouchers;
  private final CallRepository calls;
  private final InstantSource time;
  private final Address sender;
  private final ClosingRule rule;
  private final long batchAge;
  private final long retryAfter;
  private final MeterRegistry metrics;

  VoucherRound(
      Chain chain,
      DueVoucherRepository vouchers,
      CallRepository calls,
      InstantSource time,
      SettlementKey key,
      SettlementConfig config,
      MeterRegistry metrics) {
    this.chain = chain;
    this.vouchers = vouchers;
    this.calls = calls;
    this.time = time;
    this.sender = key.signer().address();
    this.rule = new ClosingRule(ClosedBatch.MAX_VOUCHERS, config.voucher().maxAge());
    this.batchAge = config.batch().maxAge().toMillis();
    this.retryAfter = config.voucher().retryAfter().toMillis();
    this.metrics = metrics;
  }

  /** At most one call; what is left over then waits for the next look. */
  Uni<Void> open() {
    long now = time.millis();
    return vouchers
        .leftOver(rule.max(), now, now - batchAge)
        .flatMap(due -> closes(due) ? open(due, now) : Uni.createFrom().voidItem());
  }

  private boolean closes(List<LeftOver> due) {
    long oldest = due.stream().mapToLong(LeftOver::dueSince).min().orElse(Long.MAX_VALUE);
    return rule.closes(due.size(), oldest, time.instant());
  }

  private Uni<Void> open(List<LeftOver> due, long now) {
    return chain
        .ask(rpc -> sort(rpc, due, now))
        .flatMap(
            sorted ->
                vouchers
                    .postpone(sorted.later(), now + retryAfter)
                    .chain(() -> vouchers.giveUp(sorted.never()))
                    .chain(() -> open(sorted.now())));
  }

  private Uni<Void> open(List<DueVoucher> paying) {
    if (paying.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return calls
        .open(paying, chain.id(), sender.toBytes())
        .invoke(
            carried -> {
              if (carried == 0) {
                // A batch was faster.
                return;
              }
              metrics.summary("dgrid.settlement.call.vouchers").record(carried);
              LOG.infof("%d vouchers go to the chain without receipts", carried);
            })
        .replaceWithVoid();
  }

  /** What the chain would do with each. */
  private record Sorted(List<DueVoucher> now, List<DueVoucher> later, List<DueVoucher> never) {}

  private static Sorted sort(ChainRpc rpc, List<LeftOver> due, long now) {
    Sorted sorted = new Sorted(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (LeftOver each : due) {
      SkipReason reason = VoucherProbe.probe(rpc, each.signed(), each.signer(), now);
      switch (reason) {
        case NONE -> sorted.now().add(each.voucher());
        // Paid, and not final yet: its event will say so, unless its block vanishes.
        case STALE, UNKNOWN_SIGNER, GRANT_EXHAUSTED, NO_FUNDS -> sorted.later().add(each.voucher());
        case INVALID_PARTY, EXPIRED, BAD_SIGNATURE, GRANT_EXPIRED, GRANT_SCOPED, UNKNOWN -> {
          LOG.warnf("voucher %s can no longer be paid: %s", each.voucher().voucherId(), reason);
          sorted.never().add(each.voucher());
        }
      }
    }
    return sorted;
  }
}
