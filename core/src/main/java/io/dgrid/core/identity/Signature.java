package io.dgrid.core.identity;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * A recoverable secp256k1 signature. Only the canonical form exists: r and s in 1..n−1, s in the
 * lower half (EIP-2), v 27 or 28.
 */
public record Signature(Hash r, Hash s, int v) {
  public static final int BYTES = 65;

  private static final Hash ORDER =
      Hash.fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
  private static final Hash HALF_ORDER =
      Hash.fromHex("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

  public Signature {
    if (v != 27 && v != 28) {
      throw new IllegalArgumentException("signature v must be 27 or 28");
    }
    if (r.isZero() || r.compareTo(ORDER) >= 0 || s.isZero() || s.compareTo(HALF_ORDER) > 0) {
      throw new IllegalArgumentException("signature is not canonical");
    }
  }

  /**
   * Reads {@code r ‖ s ‖ v}.
   *
   * @throws IllegalArgumentException unless it is a canonical 65-byte signature
   */
  public static Signature of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("expected a 65-byte signature, got " + bytes.length);
    }
    return new Signature(
        Hash.of(Arrays.copyOfRange(bytes, 0, 32)),
        Hash.of(Arrays.copyOfRange(bytes, 32, 64)),
        bytes[64] & 0xff);
  }

  static Signature normalized(byte[] rs, int recovery) {
    Hash r = Hash.of(Arrays.copyOfRange(rs, 0, 32));
    Hash s = Hash.of(Arrays.copyOfRange(rs, 32, 64));
    if (s.compareTo(HALF_ORDER) <= 0) {
      return new Signature(r, s, 27 + recovery);
    }
    BigInteger flipped =
        new BigInteger(1, ORDER.toBytes()).subtract(new BigInteger(1, s.toBytes()));
    return new Signature(r, word(flipped), 27 + (recovery ^ 1));
  }

  static Hash word(BigInteger value) {
    byte[] raw = value.toByteArray();
    byte[] out = new byte[Hash.BYTES];
    int length = Math.min(raw.length, Hash.BYTES);
    System.arraycopy(raw, raw.length - length, out, Hash.BYTES - length, length);
    return Hash.of(out);
  }

  byte[] rs() {
    byte[] out = new byte[64];
    System.arraycopy(r.toBytes(), 0, out, 0, 32);
    System.arraycopy(s.toBytes(), 0, out, 32, 32);
    return out;
  }

  public byte[] toBytes() {
    byte[] out = Arrays.copyOf(rs(), BYTES);
    out[64] = (byte) v;
    return out;
  }
}
