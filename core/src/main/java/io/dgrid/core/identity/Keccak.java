package io.dgrid.core.identity;

import org.bouncycastle.crypto.digests.KeccakDigest;

/** Keccak-256 as Ethereum uses it (original padding, not SHA-3). */
public final class Keccak {
  private Keccak() {}

  public static Hash hash(byte[]... parts) {
    KeccakDigest digest = new KeccakDigest(256);
    for (byte[] part : parts) {
      digest.update(part, 0, part.length);
    }
    byte[] out = new byte[Hash.BYTES];
    digest.doFinal(out, 0);
    return Hash.of(out);
  }
}
