package io.dgrid.core.identity;

import java.util.Optional;

/** Whose signature is this? */
public final class Signatures {
  private Signatures() {}

  /** The address that signed the digest; empty when the signature fits no key. */
  public static Optional<Address> recover(Hash digest, Signature signature) {
    return Secp256k1.instance().recover(digest, signature).filter(a -> !a.isZero());
  }

  public static boolean isBy(Address expected, Hash digest, Signature signature) {
    return recover(digest, signature).filter(expected::equals).isPresent();
  }
}
