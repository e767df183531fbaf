package io.dgrid.core.identity;

import java.util.HexFormat;

/** Hex text of bytes, {@code 0x} optional when read. */
public final class Hex {
  private Hex() {}

  /**
   * @throws IllegalArgumentException when a character is no hex digit or the count is odd
   */
  public static byte[] decode(String hex) {
    return HexFormat.of().parseHex(hex.startsWith("0x") ? hex.substring(2) : hex);
  }

  public static String encode(byte[] bytes) {
    return "0x" + HexFormat.of().formatHex(bytes);
  }
}
