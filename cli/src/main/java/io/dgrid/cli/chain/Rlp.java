package io.dgrid.cli.chain;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.List;

/** Ethereum's encoding of byte strings and lists, as far as transactions need it. Pure. */
final class Rlp {
  private static final int SHORT = 55;

  private Rlp() {}

  static byte[] bytes(byte[] value) {
    return value.length == 1 && (value[0] & 0xff) < 0x80 ? value : prefixed(0x80, value);
  }

  /** Big-endian without leading zeros; zero is the empty string. */
  static byte[] number(BigInteger value) {
    if (value.signum() < 0) {
      throw new IllegalArgumentException("RLP has no negative numbers");
    }
    byte[] raw = value.toByteArray();
    int from = raw[0] == 0 ? 1 : 0;
    return bytes(java.util.Arrays.copyOfRange(raw, from, raw.length));
  }

  /** Of items that are encoded already. */
  static byte[] list(List<byte[]> items) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    items.forEach(all::writeBytes);
    return prefixed(0xc0, all.toByteArray());
  }

  private static byte[] prefixed(int kind, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (content.length <= SHORT) {
      out.write(kind + content.length);
    } else {
      byte[] length = BigInteger.valueOf(content.length).toByteArray();
      int from = length[0] == 0 ? 1 : 0;
      out.write(kind + SHORT + length.length - from);
      out.write(length, from, length.length - from);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }
}
