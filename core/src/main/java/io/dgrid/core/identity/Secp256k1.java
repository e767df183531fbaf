package io.dgrid.core.identity;

import java.util.Optional;

/**
 * The curve operations. The native library is used where it loads, BouncyCastle elsewhere; both are
 * cross-checked in tests.
 */
interface Secp256k1 {

  /**
   * Deterministic (RFC 6979) canonical signature.
   *
   * @param own the key's {@link #address}, which tells the recovery id
   */
  Signature sign(Hash digest, byte[] privateKey, Address own);

  /** The signer's address; empty when no public key fits. */
  Optional<Address> recover(Hash digest, Signature signature);

  /** Address of a private key, which must be in 1..n−1. */
  Address address(byte[] privateKey);

  /** True for 32 bytes in 1..n−1. */
  boolean isValidPrivateKey(byte[] privateKey);

  static Secp256k1 instance() {
    return Holder.INSTANCE;
  }

  /** Chosen once per process. */
  final class Holder {
    static final Secp256k1 INSTANCE = choose();

    private Holder() {}

    private static Secp256k1 choose() {
      try {
        return new NativeSecp256k1();
      } catch (RuntimeException | LinkageError unavailable) {
        return new BouncyCastleSecp256k1();
      }
    }
  }
}
