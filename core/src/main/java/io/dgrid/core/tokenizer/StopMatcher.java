package io.dgrid.core.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Finds the first stop string in a text that arrives in pieces, across any border, and holds back
 * what may still become one. Constant work per byte and stop string (Knuth-Morris-Pratt). Not
 * thread safe.
 */
final class StopMatcher {
  private final byte[][] stops;
  private final int[][] fallbacks;
  private final int[] matched;
  private byte[] held = {};
  private boolean stopped;

  StopMatcher(List<String> stopStrings) {
    stops =
        stopStrings.stream().map(s -> s.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
    fallbacks = new int[stops.length][];
    for (int i = 0; i < stops.length; i++) {
      fallbacks[i] = fallbacksOf(stops[i]);
    }
    matched = new int[stops.length];
  }

  /** What can be shown now; nothing any more once a stop string was complete. */
  byte[] push(byte[] bytes) {
    if (stopped) {
      return new byte[0];
    }
    if (stops.length == 0) {
      return bytes;
    }
    byte[] text = Arrays.copyOf(held, held.length + bytes.length);
    System.arraycopy(bytes, 0, text, held.length, bytes.length);
    int shown = text.length;
    for (int at = held.length; at < text.length && !stopped; at++) {
      int found = longestMatchEndingWith(text[at]);
      if (found > 0) {
        stopped = true;
        shown = at + 1 - found;
      }
    }
    if (!stopped) {
      shown = text.length - Arrays.stream(matched).max().orElse(0);
    }
    held = stopped ? new byte[0] : Arrays.copyOfRange(text, shown, text.length);
    return Arrays.copyOf(text, shown);
  }

  /** What was held back, at the end of a text that no stop string ended. */
  byte[] finish() {
    byte[] rest = held;
    held = new byte[0];
    Arrays.fill(matched, 0);
    return rest;
  }

  boolean stopped() {
    return stopped;
  }

  private int longestMatchEndingWith(byte next) {
    int longest = 0;
    for (int i = 0; i < stops.length; i++) {
      byte[] stop = stops[i];
      int length = matched[i];
      while (length > 0 && stop[length] != next) {
        length = fallbacks[i][length - 1];
      }
      if (stop[length] == next) {
        length++;
      }
      matched[i] = length;
      if (length == stop.length) {
        longest = Math.max(longest, length);
      }
    }
    return longest;
  }

  /** For each prefix the length of its longest proper prefix that is also its suffix. */
  private static int[] fallbacksOf(byte[] stop) {
    int[] fallbacks = new int[stop.length];
    int length = 0;
    for (int i = 1; i < stop.length; i++) {
      while (length > 0 && stop[i] != stop[length]) {
        length = fallbacks[length - 1];
      }
      if (stop[i] == stop[length]) {
        length++;
      }
      fallbacks[i] = length;
    }
    return fallbacks;
  }
}
