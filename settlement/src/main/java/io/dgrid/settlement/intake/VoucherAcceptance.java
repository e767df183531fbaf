package io.dgrid.settlement.intake;

import io.dgrid.settlement.Rounds;
import io.dgrid.settlement.SettlementConfig;
import io.dgrid.settlement.batch.VoucherRule;
import io.dgrid.settlement.batch.VoucherRule.Decision;
import io.dgrid.settlement.intake.VoucherPage.Judged;
import io.dgrid.settlement.intake.VoucherPage.Known;
import io.dgrid.settlement.intake.VoucherPage.Verdict;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import org.jboss.logging.Logger;

/** Decides about waiting vouchers, again and again until each is accepted or rejected. */
@ApplicationScoped
class VoucherAcceptance {
  private static final Logger LOG = Logger.getLogger(VoucherAcceptance.class);

  /** Looked at in one transaction; those that keep waiting go to the end of the line. */
  private static final int PAGE = 500;

  private final VoucherRepository vouchers;
  private final IntakeMetrics metrics;
  private final InstantSource time;
  private final long waitMillis;
  private final Duration pause;

  VoucherAcceptance(
      VoucherRepository vouchers,
      IntakeMetrics metrics,
      InstantSource time,
      SettlementConfig config) {
    this.vouchers = vouchers;
    this.metrics = metrics;
    this.time = time;
    this.pause = config.intake().voucherInterval();
    this.waitMillis = config.intake().voucherWait().toMillis();
  }

  void start(@Observes StartupEvent event, Rounds rounds) {
    rounds.repeat(pause, this::decideWaiting);
  }

  /** Page after page for as long as something is decided; a failure is left to the next look. */
  Uni<Void> decideWaiting() {
    return vouchers
        .decide(PAGE, time.millis(), this::judge)
        .invoke(this::report)
        .repeat()
        .whilst(VoucherAcceptance::isWorthAnother)
        .collect()
        .last()
        .replaceWithVoid()
        .onFailure()
        .recoverWithUni(
            e -> {
              LOG.warnf("could not decide about waiting vouchers, will try again: %s", e);
              return Uni.createFrom().voidItem();
            });
  }

  /** Those that keep waiting went to the end of the line. */
  private static boolean isWorthAnother(List<Judged> page) {
    return page.stream().anyMatch(j -> !(j.verdict() instanceof Verdict.Waiting));
  }

  private Verdict judge(WaitingVoucher voucher, Known known) {
    Decision decision =
        VoucherRule.decide(
            voucher.voucher(),
            voucher.step().receipts(),
            voucher.step().previousRoot(),
            known.channel(),
            known.receipts());
    Verdict verdict =
        switch (decision) {
          case Decision.Reject(var flaw) -> new Verdict.Rejected(name(flaw));
          case Decision.Wait(var missing) -> new Verdict.Waiting(name(missing));
          case Decision.Accept(var next) ->
              known.maySign() ? new Verdict.Accepted(next) : new Verdict.Waiting("grant");
        };
    if (verdict instanceof Verdict.Waiting(var reason) && isTooOld(voucher)) {
      return new Verdict.Rejected("no_" + reason);
    }
    return verdict;
  }

  private boolean isTooOld(WaitingVoucher voucher) {
    long now = time.millis();
    // Unsigned on the wire: a time beyond 2^63 is "for ever".
    boolean expired = Long.compareUnsigned(voucher.voucher().validBefore(), now) <= 0;
    return expired || voucher.receivedAt() < now - waitMillis;
  }

  private void report(List<Judged> judged) {
    for (Judged each : judged) {
      switch (each.verdict()) {
        case Verdict.Accepted ignored -> metrics.accepted(VoucherConsumer.NOUN, 1);
        case Verdict.Rejected(var reason) ->
            metrics.rejected(VoucherConsumer.NOUN, reason, "voucher " + each.voucher().id());
        case Verdict.Waiting ignored -> {}
      }
    }
  }

  private static String name(Enum<?> reason) {
    return reason.name().toLowerCase(Locale.ROOT);
  }
}
