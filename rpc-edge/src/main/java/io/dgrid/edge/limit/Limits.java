package io.dgrid.edge.limit;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.limit.FairQueue.Bounds;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * What an edge lets through, from the cheapest look to the dearest. A claim that is not verified
 * yet only looks at the account's bucket, so that a stranger cannot empty it; a claim that was
 * verified takes from it, so that a flood is refused by that look.
 */
@ApplicationScoped
public class Limits {
  private static final int BUCKETS = 65_536;

  /** Whose signatures wait to be checked: the claim alone would let strangers fill its line. */
  public record Claim(String peer, Address client) {}

  /** Who signed for whom: proven by a signature, whatever the client thinks of the signer. */
  public record Signatory(Address client, Address signer) {
    private boolean isClient() {
      return client.equals(signer);
    }
  }

  private final TokenBuckets<String> peers;
  private final TokenBuckets<Hash> secrets;
  private final TokenBuckets<Address> accounts;
  private final TokenBuckets<Signatory> signatories;
  private final Turns<Claim> verifying;
  private final Turns<Signatory> accepting;
  private final Starts starting;
  private final Refusals refusals;

  Limits(EdgeConfig edge, Refusals refusals, MeterRegistry metrics) {
    EdgeConfig.Limits config = edge.limits();
    this.refusals = refusals;
    peers = buckets(config.peerRate(), config.peerBurst());
    secrets = buckets(config.accountRate(), config.accountBurst());
    accounts = buckets(config.accountRate(), config.accountBurst());
    signatories = buckets(config.accountRate(), config.accountBurst());
    verifying = new Turns<>("verify", bounds(config, config.verifications()), refusals, metrics);
    accepting = new Turns<>("accept", bounds(config, config.acceptances()), refusals, metrics);
    Congestion congestion = new Congestion(config.turnsPerAccount(), System::nanoTime);
    starting =
        new Starts(
            new Turns<>(
                "start",
                new FairQueue<>(unbounded(config), congestion::share, System::nanoTime),
                refusals,
                metrics),
            congestion,
            System::nanoTime);
  }

  private static <K> TokenBuckets<K> buckets(int rate, int burst) {
    return new TokenBuckets<>(rate, burst, BUCKETS, System::nanoTime);
  }

  private static Bounds bounds(EdgeConfig.Limits config, int running) {
    return new Bounds(
        running,
        Math.max(1, Math.min(running - 1, config.turnsPerAccount())),
        config.maxWaiting(),
        config.maxWaitingPerAccount(),
        config.maxWait().toNanos());
  }

  /** Other limits count for an account that asks alone; places count for who floods. */
  private static Bounds unbounded(EdgeConfig.Limits config) {
    return new Bounds(
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        config.maxWaiting(),
        config.maxWaitingPerAccount(),
        Long.MAX_VALUE);
  }

  /** Turns at checking signatures. */
  public Turns<Claim> verifying() {
    return verifying;
  }

  /** Turns at the database. */
  public Turns<Signatory> accepting() {
    return accepting;
  }

  /** Places on the way to the first token. */
  public Starts starting() {
    return starting;
  }

  /** A submission came from this network address. Throws RATE_LIMITED. */
  public void requirePeer(String peer) {
    require("peer", peers.take(peer));
  }

  /** Somebody showed this secret, hashed; whoever does not know it has another bucket. */
  public void requireSecret(Hash secret) {
    require("key", secrets.take(secret));
  }

  /** A submission claims to be of this client. Throws RATE_LIMITED. */
  public void requireRoom(Address claimed) {
    require("account", accounts.peek(claimed));
  }

  /** A signature was checked. Throws RATE_LIMITED. */
  public void requireSignatory(Signatory signatory) {
    require(
        "account",
        signatory.isClient() ? accounts.take(signatory.client()) : signatories.take(signatory));
  }

  /** A key that is not the client's own turned out to be granted. Throws RATE_LIMITED. */
  public void requireGranted(Signatory signatory) {
    if (!signatory.isClient()) {
      require("account", accounts.take(signatory.client()));
    }
  }

  /** An account that has been proven asks for more than it may have: it hears so for a while. */
  public void close(Address client, long millis) {
    accounts.close(client, millis);
  }

  private void require(String who, long wait) {
    if (wait > 0) {
      throw refusals.tooFast(who, wait);
    }
  }
}
