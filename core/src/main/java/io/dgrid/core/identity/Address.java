package io.dgrid.core.identity;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** 20 bytes: a party on chain. */
public record Address(long a, long b, int c) implements Comparable<Address> {
  public static final int BYTES = 20;
  public static final Address ZERO = new Address(0, 0, 0);

  /**
   * @throws IllegalArgumentException unless there are exactly 20 bytes
   */
  public static Address of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("expected 20 bytes, got " + bytes.length);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new Address(in.getLong(), in.getLong(), in.getInt());
  }

  /**
   * Reads 40 hex digits with or without {@code 0x}; case is not checked.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static Address fromHex(String hex) {
    return of(Hex.decode(hex));
  }

  public byte[] toBytes() {
    return ByteBuffer.allocate(BYTES).putLong(a).putLong(b).putInt(c).array();
  }

  public boolean isZero() {
    return (a | b | c) == 0;
  }

  @Override
  public int compareTo(Address o) {
    int r = Long.compareUnsigned(a, o.a);
    if (r == 0) r = Long.compareUnsigned(b, o.b);
    return r == 0 ? Integer.compareUnsigned(c, o.c) : r;
  }

  /** With the mixed-case checksum of EIP-55. */
  @Override
  public String toString() {
    String hex = HexFormat.of().formatHex(toBytes());
    byte[] hash = Keccak.hash(hex.getBytes(StandardCharsets.US_ASCII)).toBytes();
    StringBuilder out = new StringBuilder(42).append("0x");
    for (int i = 0; i < hex.length(); i++) {
      int nibble = (hash[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15;
      char digit = hex.charAt(i);
      out.append(nibble >= 8 ? Character.toUpperCase(digit) : digit);
    }
    return out.toString();
  }
}
