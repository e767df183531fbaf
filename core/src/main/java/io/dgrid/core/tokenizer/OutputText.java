package io.dgrid.core.tokenizer;

import java.util.Arrays;
import java.util.List;

/**
 * The text of an answer, built token by token: whole UTF-8 characters only, and nothing that may
 * still turn into a stop string. Its state depends on the tokens alone, so a worker that replays
 * the delivered tokens continues the text at the exact byte. Not thread safe.
 */
public final class OutputText {
  private final Tokenizer tokenizer;
  private final Utf8Assembler characters = new Utf8Assembler();
  private final StopMatcher stops;

  public OutputText(Tokenizer tokenizer, List<String> stopStrings) {
    this.tokenizer = tokenizer;
    this.stops = new StopMatcher(stopStrings);
  }

  /**
   * The UTF-8 text that becomes visible with this token; possibly none. A stop string itself is
   * never visible.
   */
  public byte[] push(int token) {
    return stops.push(characters.push(tokenizer.bytes(token)));
  }

  /** Whether a stop string is complete. */
  public boolean stopped() {
    return stops.stopped();
  }

  /** The rest of the text, when the answer has ended otherwise than by a stop string. */
  public byte[] finish() {
    byte[] last = stops.push(characters.finish());
    byte[] held = stops.finish();
    byte[] rest = Arrays.copyOf(last, last.length + held.length);
    System.arraycopy(held, 0, rest, last.length, held.length);
    return rest;
  }
}
