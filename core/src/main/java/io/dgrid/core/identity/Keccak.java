package io.dgrid.core.identity;

import org.bouncycastle.crypto.digests.KeccakDigest;

/** Keccak-256 as Ethereum uses it (original padding, not SHA-3). */
public final class Keccak {
  private Keccak() {}

  public static Hash hash(byte[]... parts) {
    Running running = new Running();
    for (byte[] part : parts) {
      running.add(part);
    }
    return running.end();
  }

  /** A hash over bytes that are never all in memory; for one thread. */
  public static final class Running {
    private final KeccakDigest digest = new KeccakDigest(256);

    public void add(byte[] part) {
      digest.update(part, 0, part.length);
    }

    /** Of everything added; starts anew. */
    public Hash end() {
      byte[] out = new byte[Hash.BYTES];
      digest.doFinal(out, 0);
      return Hash.of(out);
    }
  }
}
