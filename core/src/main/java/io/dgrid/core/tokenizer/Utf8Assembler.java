package io.dgrid.core.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Cuts the bytes of successive tokens into pieces of whole UTF-8 characters: an incomplete
 * character waits for its rest, bytes that can never become one are replaced by U+FFFD. Not thread
 * safe.
 */
public final class Utf8Assembler {
  private static final byte[] NOTHING = {};

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private byte[] pending = NOTHING;

  /** The characters that are complete after these bytes, as UTF-8; possibly none. */
  public byte[] push(byte[] bytes) {
    if (pending.length == 0 && isAscii(bytes)) {
      return bytes.clone();
    }
    return decode(concatenate(pending, bytes), false);
  }

  /** Ends the text: an incomplete character becomes U+FFFD. The assembler is then as new. */
  public byte[] finish() {
    return decode(pending, true);
  }

  private byte[] decode(byte[] bytes, boolean endOfInput) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length + 1);
    decoder.reset();
    decoder.decode(in, out, endOfInput);
    pending = endOfInput ? NOTHING : Arrays.copyOfRange(bytes, in.position(), bytes.length);
    return out.flip().toString().getBytes(StandardCharsets.UTF_8);
  }

  private static boolean isAscii(byte[] bytes) {
    for (byte b : bytes) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  private static byte[] concatenate(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
