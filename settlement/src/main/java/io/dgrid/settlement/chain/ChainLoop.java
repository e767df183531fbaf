package io.dgrid.settlement.chain;

import io.dgrid.settlement.Rounds;
import io.dgrid.settlement.SettlementConfig;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * One look at the chain after the other, for ever: check that it is ours, follow it, publish what
 * became final, open calls for vouchers that are left over, send what waits. A failure is shown in
 * {@link ChainStatus} and tried again.
 */
@ApplicationScoped
class ChainLoop {
  private static final Logger LOG = Logger.getLogger(ChainLoop.class);

  private final Chain chain;
  private final Follower follower;
  private final MovementPublisher publisher;
  private final VoucherRound vouchers;
  private final Sender sender;
  private final ChainStatus status;
  private final ConfirmedDomain domain;
  private final Duration pause;
  private boolean verified;

  ChainLoop(
      Chain chain,
      Follower follower,
      MovementPublisher publisher,
      VoucherRound vouchers,
      Sender sender,
      ChainStatus status,
      ConfirmedDomain domain,
      SettlementConfig config) {
    this.chain = chain;
    this.follower = follower;
    this.publisher = publisher;
    this.vouchers = vouchers;
    this.sender = sender;
    this.status = status;
    this.domain = domain;
    this.pause = config.chain().pollInterval();
  }

  void start(@Observes StartupEvent event, Rounds rounds) {
    rounds.repeat(pause, this::tick);
  }

  private Uni<Void> tick() {
    return recognise()
        .chain(this::verify)
        .chain(follower::follow)
        .invoke(domain::confirm)
        .chain(this::publish)
        .chain(vouchers::open)
        .chain(sender::send)
        .onFailure()
        .recoverWithUni(this::failed);
  }

  /** What an earlier life mirrored need not be asked of a chain that may be away. */
  private Uni<Void> recognise() {
    return domain.isConfirmed()
        ? Uni.createFrom().voidItem()
        : follower
            .mirrorsConfigured()
            .invoke(
                mirrors -> {
                  if (mirrors) {
                    domain.confirm();
                  }
                })
            .replaceWithVoid();
  }

  /** After every failure again: the endpoint may have become another one. */
  private Uni<Void> verify() {
    if (verified) {
      return Uni.createFrom().voidItem();
    }
    return chain
        .ask(
            rpc -> {
              rpc.verify();
              return true;
            })
        .invoke(() -> verified = true)
        .replaceWithVoid();
  }

  /** A broker that is away delays facts, not settlement. */
  private Uni<Void> publish(Optional<Long> finalBlock) {
    return finalBlock
        .map(publisher::publishUpTo)
        .orElseGet(() -> Uni.createFrom().voidItem())
        .onFailure(e -> !(e instanceof ChainException))
        .recoverWithUni(
            e -> {
              LOG.warnf("could not publish movements, will try again: %s", e);
              return Uni.createFrom().voidItem();
            });
  }

  private Uni<Void> failed(Throwable failure) {
    verified = false;
    status.failed(failure);
    return Uni.createFrom().voidItem();
  }
}
