package io.dgrid.core.identity;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * 32 bytes: a hash, id or salt. Four big-endian words, so that equality and hashing need no array.
 */
public record Hash(long a, long b, long c, long d) implements Comparable<Hash> {
  public static final int BYTES = 32;
  public static final Hash ZERO = new Hash(0, 0, 0, 0);

  /**
   * @throws IllegalArgumentException unless there are exactly 32 bytes
   */
  public static Hash of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("expected 32 bytes, got " + bytes.length);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new Hash(in.getLong(), in.getLong(), in.getLong(), in.getLong());
  }

  /**
   * Reads 64 hex digits with or without {@code 0x}.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static Hash fromHex(String hex) {
    return of(Hex.decode(hex));
  }

  public byte[] toBytes() {
    return ByteBuffer.allocate(BYTES).putLong(a).putLong(b).putLong(c).putLong(d).array();
  }

  public boolean isZero() {
    return (a | b | c | d) == 0;
  }

  /** Unsigned, as the bytes compare. */
  @Override
  public int compareTo(Hash o) {
    int r = Long.compareUnsigned(a, o.a);
    if (r == 0) r = Long.compareUnsigned(b, o.b);
    if (r == 0) r = Long.compareUnsigned(c, o.c);
    return r == 0 ? Long.compareUnsigned(d, o.d) : r;
  }

  /** {@code 0x} and 64 lower-case digits. */
  @Override
  public String toString() {
    return "0x" + HexFormat.of().formatHex(toBytes());
  }
}
