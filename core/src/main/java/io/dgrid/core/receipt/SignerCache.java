package io.dgrid.core.receipt;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Signature;
import io.dgrid.core.identity.Signatures;
import io.dgrid.core.identity.Signer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who signed statements that come again and again, such as the offer in each of its receipts.
 * Recovering a signer is by far the dearest part of checking a receipt. Safe for threads; holds at
 * most twice its capacity, newest first.
 *
 * <p>An entry is found by digest and signature together, so nothing but the very same signed bytes
 * is ever taken for checked. Failures are not kept: they would let anybody push out the good ones
 * for free.
 */
public final class SignerCache {
  private final int capacity;
  private volatile Map<Key, Address> young = new ConcurrentHashMap<>();
  private volatile Map<Key, Address> old = Map.of();

  private record Key(Hash digest, Signature signature) {}

  /**
   * @param capacity entries; 0: keeps nothing
   */
  public SignerCache(int capacity) {
    if (capacity < 0) {
      throw new IllegalArgumentException("the capacity must not be negative");
    }
    this.capacity = capacity;
  }

  /** Signs, and need not recover later who did. */
  public <T extends Statement> Signed<T> sign(Signer signer, Domain domain, T statement) {
    Hash digest = statement.digest(domain);
    Signed<T> signed = new Signed<>(statement, signer.sign(digest));
    keep(new Key(digest, signed.signature()), signer.address());
    return signed;
  }

  /** As {@link Signed#signer}. */
  public Optional<Address> signer(Signed<?> signed, Domain domain) {
    Key key = new Key(signed.statement().digest(domain), signed.signature());
    Address known = young.get(key);
    if (known != null) {
      return Optional.of(known);
    }
    known = old.get(key);
    Optional<Address> signer =
        known == null ? Signatures.recover(key.digest(), key.signature()) : Optional.of(known);
    signer.ifPresent(address -> keep(key, address));
    return signer;
  }

  private void keep(Key key, Address signer) {
    if (capacity == 0) {
      return;
    }
    young.put(key, signer);
    if (young.size() >= capacity) {
      turn();
    }
  }

  /** What was not asked for since the last turn is forgotten. */
  private synchronized void turn() {
    if (young.size() >= capacity) {
      old = young;
      young = new ConcurrentHashMap<>();
    }
  }
}
