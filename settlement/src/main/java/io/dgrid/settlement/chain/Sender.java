package io.dgrid.settlement.chain;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Signer;
import io.dgrid.settlement.SettlementConfig;
import io.dgrid.settlement.SettlementKey;
import io.dgrid.settlement.chain.ChainRpc.Outcome;
import io.dgrid.settlement.chain.ChainRpc.Simulation;
import io.dgrid.settlement.chain.ChainRpc.Submission;
import io.dgrid.settlement.ledger.CallRepository;
import io.dgrid.settlement.ledger.OutboxRepository;
import io.dgrid.settlement.ledger.PendingCall;
import io.dgrid.settlement.ledger.SignedCall;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigInteger;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * Brings the outbox to the chain. A transaction is in the database before a node sees it; whether
 * it was mined is the follower's business. Sending the same call twice is harmless: a root settles
 * once, and a voucher pays its total once.
 */
@ApplicationScoped
class Sender {
  private static final Logger LOG = Logger.getLogger(Sender.class);
  private static final String ALREADY_SETTLED =
      SettlementCalls.selector("BatchAlreadySettled(bytes32)");
  private static final String NOT_SETTLER =
      SettlementCalls.selector("AccessControlUnauthorizedAccount(address,bytes32)");

  private final Chain chain;
  private final OutboxRepository outbox;
  private final CallRepository calls;
  private final Signer signer;
  private final InstantSource time;
  private final FeeRule feeRule;
  private final long replaceAfter;
  private final int maxInFlight;
  private final long retryAfter;
  private final AtomicLong depth = new AtomicLong();

  Sender(
      Chain chain,
      OutboxRepository outbox,
      CallRepository calls,
      SettlementKey key,
      InstantSource time,
      SettlementConfig config,
      MeterRegistry metrics) {
    this.chain = chain;
    this.outbox = outbox;
    this.calls = calls;
    this.signer = key.signer();
    this.time = time;
    this.feeRule = new FeeRule(BigInteger.valueOf(config.chain().maxFeePerGas()));
    this.replaceAfter = config.chain().replaceAfter().toMillis();
    this.maxInFlight = config.chain().maxInFlight();
    this.retryAfter = config.voucher().retryAfter().toMillis();
    metrics.gauge("dgrid.settlement.outbox.calls", depth);
  }

  /** One look at every call on its way, oldest first. */
  Uni<Void> send() {
    return outbox
        .open(maxInFlight)
        .onItem()
        .transformToMulti(calls -> Multi.createFrom().iterable(calls))
        .onItem()
        .transformToUniAndConcatenate(this::send)
        .collect()
        .asList()
        .chain(outbox::depth)
        .invoke(depth::set)
        .replaceWithVoid();
  }

  private Uni<Void> send(PendingCall call) {
    if (call.signed().isEmpty()) {
      return signAndSubmit(call, Optional.empty());
    }
    SignedCall signed = call.signed().get();
    if (call.broadcastAt().isEmpty()) {
      return submit(call, signed);
    }
    return time.millis() - signed.signedAt() < replaceAfter
        ? Uni.createFrom().voidItem()
        : overdue(call, signed);
  }

  /** Not seen in a block for long: failed there, dropped, or too cheap. */
  private Uni<Void> overdue(PendingCall call, SignedCall signed) {
    return chain
        .ask(rpc -> rpc.outcome(signed.hash()))
        .flatMap(
            outcome -> {
              if (outcome.filter(o -> !o.succeeded()).isPresent()) {
                return startOver(call, "its transaction failed on the chain");
              }
              if (outcome.map(Outcome::succeeded).orElse(false)) {
                return Uni.createFrom().voidItem();
              }
              return feeRule.canRaise(signed)
                  ? signAndSubmit(call, Optional.of(signed))
                  : submit(call, signed);
            });
  }

  /** What is known before signing. */
  private sealed interface Preparation {
    record Ready(SignedCall signed) implements Preparation {}

    record Refused(Simulation.Reverts why) implements Preparation {}

    /** Vouchers alone, and the contract would pay none of them. */
    record Pointless() implements Preparation {}
  }

  private Uni<Void> signAndSubmit(PendingCall call, Optional<SignedCall> replaced) {
    return outbox
        .highestNonce(chain.id(), signer.address().toBytes())
        .flatMap(highest -> chain.ask(rpc -> prepare(rpc, call, replaced, highest)))
        .flatMap(
            preparation ->
                switch (preparation) {
                  case Preparation.Refused(var why) -> refused(call, why);
                  case Preparation.Pointless() ->
                      calls.givenBack(call.id(), "nothing to pay now", time.millis() + retryAfter);
                  case Preparation.Ready(var signed) ->
                      calls.signed(call.id(), signed).chain(() -> submit(call, signed));
                });
  }

  private Preparation prepare(
      ChainRpc rpc, PendingCall call, Optional<SignedCall> replaced, Optional<Long> highest) {
    // A nonce that is out already must be used, whatever the call is worth by now.
    if (replaced.isEmpty() && isPointless(rpc, call)) {
      return new Preparation.Pointless();
    }
    String data = SettlementCalls.settle(call);
    Address sender = signer.address();
    if (rpc.simulate(sender, data) instanceof Simulation.Reverts reverts) {
      return new Preparation.Refused(reverts);
    }
    // A quarter more than now: a channel may become new in between.
    BigInteger estimate = rpc.estimateGas(sender, data);
    BigInteger gasLimit = estimate.add(estimate.shiftRight(2));
    ChainRpc.Fees market = rpc.fees();
    FeeRule.Offer offer =
        replaced.map(old -> feeRule.replacing(old, market)).orElseGet(() -> feeRule.first(market));
    long nonce =
        replaced
            .map(SignedCall::nonce)
            .orElseGet(() -> Math.max(rpc.nonce(sender), highest.map(n -> n + 1).orElse(0L)));
    return new Preparation.Ready(
        SettlementCalls.sign(
            signer, chain.id(), chain.settlement(), nonce, gasLimit, offer, data, time.millis()));
  }

  private boolean isPointless(ChainRpc rpc, PendingCall call) {
    Domain domain = new Domain(chain.id(), chain.settlement());
    long now = time.millis();
    return call.batch().isEmpty()
        && call.vouchers().stream()
            .noneMatch(
                voucher ->
                    voucher
                        .signer(domain)
                        .map(by -> VoucherProbe.probe(rpc, voucher, by, now) == SkipReason.NONE)
                        .orElse(false));
  }

  private Uni<Void> refused(PendingCall call, Simulation.Reverts why) {
    if (why.data().startsWith(ALREADY_SETTLED)) {
      // Done; the follower will show where.
      return calls.failed(call.id(), "the root is settled already, waiting for its block");
    }
    if (why.data().startsWith(NOT_SETTLER)) {
      LOG.errorf("%s waits: %s has not the settler role", call.name(), signer.address());
      return calls.failed(call.id(), "the sender has not the settler role");
    }
    LOG.errorf("%s refused by the contract: %s %s", call.name(), why.message(), why.data());
    return why.data().isEmpty()
        ? calls.failed(call.id(), why.message())
        : calls.rejected(call.id(), why.message() + " " + why.data());
  }

  private Uni<Void> submit(PendingCall call, SignedCall signed) {
    return chain
        .ask(rpc -> rpc.submit(signed.raw()))
        .flatMap(
            submission -> {
              if (submission.taken() || isKnown(submission)) {
                LOG.infof(
                    "sent %s: transaction %s, nonce %d",
                    call.name(), signed.hash(), signed.nonce());
                return calls.broadcast(call.id(), time.millis());
              }
              return notTaken(call, signed, submission);
            });
  }

  private Uni<Void> notTaken(PendingCall call, SignedCall signed, Submission submission) {
    if (!submission.message().toLowerCase(java.util.Locale.ROOT).contains("nonce too low")) {
      LOG.warnf("%s: the node refuses: %s", call.name(), submission.message());
      return calls.failed(call.id(), submission.message());
    }
    return chain
        .ask(rpc -> rpc.outcome(signed.hash()))
        .flatMap(
            outcome ->
                outcome.map(Outcome::succeeded).orElse(false)
                    ? calls.broadcast(call.id(), time.millis())
                    : startOver(call, "nonce " + signed.nonce() + " was used otherwise"));
  }

  private Uni<Void> startOver(PendingCall call, String why) {
    LOG.warnf("%s is signed again: %s", call.name(), why);
    return calls.unsigned(call.id(), why);
  }

  private static boolean isKnown(Submission submission) {
    String message = submission.message().toLowerCase(java.util.Locale.ROOT);
    return message.contains("already known") || message.contains("already imported");
  }
}
