package io.dgrid.cli.client;

import io.dgrid.cli.chain.ChainFacts;
import io.dgrid.cli.chain.ChainFacts.KeyGrant;
import io.dgrid.cli.chain.ChainUnreachableException;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.money.TokenAmount;
import java.math.BigInteger;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/** What the chain, not an edge, says about the keys that a client granted. */
final class SessionKeys {
  private final Optional<ChainFacts> chain;
  private final Domain domain;
  private final Address client;
  private final InstantSource clock;

  SessionKeys(Optional<ChainFacts> chain, Domain domain, Address client, InstantSource clock) {
    this.chain = chain;
    this.domain = domain;
    this.client = client;
    this.clock = clock;
  }

  /**
   * @throws DGridException INVALID_SIGNATURE when the client never granted the key; UNSUPPORTED
   *     when no chain, or another one, is at hand; UNAVAILABLE when it does not answer
   */
  KeyAllowance allowance(Address key, Address node, long epoch) {
    ChainFacts facts =
        chain.orElseThrow(
            () ->
                unsupported(
                    "session key %s signed the newest voucher for node %s, and only the chain can tell whether it may: name the network with --data or the chain with --rpc"
                        .formatted(key, node)));
    try {
      return ask(facts, key, node, epoch);
    } catch (ChainUnreachableException silent) {
      throw new DGridException(
          ErrorCode.UNAVAILABLE, String.valueOf(silent.getMessage()), Map.of(), silent);
    }
  }

  private KeyAllowance ask(ChainFacts facts, Address key, Address node, long epoch) {
    if (!facts.chainId().equals(BigInteger.valueOf(domain.chainId()))) {
      throw unsupported(
          "the edge signs for chain %d, the endpoint is of chain %s"
              .formatted(domain.chainId(), facts.chainId()));
    }
    // In this order: what is paid in between makes the sum too small, never too large.
    TokenAmount settled =
        facts
            .settledAmount(domain.settlement(), client, node, epoch)
            .orElseThrow(() -> unsupported("no Settlement contract at " + domain.settlement()));
    KeyGrant grant =
        facts
            .grantOf(domain.settlement(), client, key)
            .orElseThrow(
                () ->
                    new DGridException(
                        ErrorCode.INVALID_SIGNATURE,
                        "the edge shows a voucher for node %s signed by %s, which this client never granted"
                            .formatted(node, key)));
    return new KeyAllowance(
        key, settled, isSpendable(grant) ? grant.remaining() : TokenAmount.ZERO);
  }

  private boolean isSpendable(KeyGrant grant) {
    boolean live = Long.compareUnsigned(clock.millis(), grant.expiry()) < 0;
    return grant.active() && !grant.scoped() && live;
  }

  private static DGridException unsupported(String message) {
    return new DGridException(ErrorCode.UNSUPPORTED, message);
  }
}
