package io.dgrid.core.tokenizer;

import java.util.Arrays;

/**
 * GPT-2's bijection between the 256 bytes and printable characters, in which byte-level
 * vocabularies are written down: printable Latin-1 stands for itself, every other byte for the next
 * character from U+0100 on.
 */
final class ByteAlphabet {
  private static final int FIRST_SUBSTITUTE = 256;
  private static final char[] CHARACTER_OF_BYTE = new char[256];
  private static final short[] BYTE_OF_CHARACTER;

  static {
    int substitutes = 0;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      CHARACTER_OF_BYTE[b] = (char) (printable ? b : FIRST_SUBSTITUTE + substitutes++);
    }
    BYTE_OF_CHARACTER = new short[FIRST_SUBSTITUTE + substitutes];
    Arrays.fill(BYTE_OF_CHARACTER, (short) -1);
    for (int b = 0; b < 256; b++) {
      BYTE_OF_CHARACTER[CHARACTER_OF_BYTE[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  static String symbol(int unsignedByte) {
    return String.valueOf(CHARACTER_OF_BYTE[unsignedByte]);
  }

  /** Whether every character stands for a byte. */
  static boolean spells(String token) {
    return token.chars().allMatch(c -> c < BYTE_OF_CHARACTER.length && BYTE_OF_CHARACTER[c] >= 0);
  }

  /** The bytes a token stands for; only for a token that {@link #spells}. */
  static byte[] bytes(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) BYTE_OF_CHARACTER[token.charAt(i)];
    }
    return bytes;
  }
}
