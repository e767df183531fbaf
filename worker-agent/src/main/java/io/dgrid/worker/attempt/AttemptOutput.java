package io.dgrid.worker.attempt;

import io.dgrid.worker.engine.TokenListener;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * The output of one attempt: written by an engine thread, read by the sending side, kept until the
 * result is acknowledged so that it can be sent again from any position. Bounded by the job's
 * output limit. Thread-safe.
 */
final class AttemptOutput implements TokenListener {
  private static final int MAX_TEXT_BYTES = 64 * 1024;

  private final int firstPosition;
  private final List<Piece> pieces = new ArrayList<>();
  private int[] ids = new int[64];
  private int[] logprobs = new int[64];
  // Pieces at which a slice has ended. Who has a part of the output has it up to one of these.
  private final BitSet cuts = new BitSet();
  private int count;
  private int sentPieces;

  /** What the engine gave in one call. */
  private record Piece(int from, int tokens, byte[] text) {}

  /**
   * Successive output: {@code text} is UTF-8 of whole characters.
   *
   * @param released bytes of text per token; those of one engine call count at its last token
   */
  record Slice(int firstPosition, int[] ids, int[] logprobs, String text, int[] released) {}

  AttemptOutput(int firstPosition) {
    this.firstPosition = firstPosition;
  }

  /**
   * @throws IllegalStateException when the engine leaves a gap or its numbers are out of bounds
   */
  @Override
  public synchronized void onTokens(int position, int[] newIds, byte[] text, int[] newLogprobs) {
    if (position != firstPosition + count || newIds.length != newLogprobs.length) {
      throw new IllegalStateException(
          "engine sent %d tokens and %d logprobs at position %d, expected position %d"
              .formatted(newIds.length, newLogprobs.length, position, firstPosition + count));
    }
    for (int i = 0; i < newIds.length; i++) {
      if (newIds[i] < 0 || newLogprobs[i] < 0 || newLogprobs[i] > 0xFFFF) {
        throw new IllegalStateException("engine sent a token or logprob out of bounds");
      }
    }
    if (newIds.length == 0 && text.length == 0) {
      return;
    }
    if (count + newIds.length > ids.length) {
      int capacity = Math.max(2 * ids.length, count + newIds.length);
      ids = Arrays.copyOf(ids, capacity);
      logprobs = Arrays.copyOf(logprobs, capacity);
    }
    System.arraycopy(newIds, 0, ids, count, newIds.length);
    System.arraycopy(newLogprobs, 0, logprobs, count, newIds.length);
    pieces.add(new Piece(count, newIds.length, text));
    count += newIds.length;
  }

  /**
   * Takes the next unsent output, as much as one message may carry: a stream that keeps up gets
   * every token at once, a slow one gets them in batches. What was taken before is taken again in
   * the same slices: readers further on drop those they have, and cannot cut one in two.
   *
   * @param limit position from which nothing may be sent yet
   * @param maxTokens most tokens of one slice; one engine call is never split
   */
  synchronized Optional<Slice> next(int limit, int maxTokens) {
    if (sentPieces == pieces.size()) {
      return Optional.empty();
    }
    int from = pieces.get(sentPieces).from();
    int until = from;
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    int taken = sentPieces;
    while (taken < pieces.size()) {
      Piece piece = pieces.get(taken);
      int end = piece.from() + piece.tokens();
      boolean first = taken == sentPieces;
      boolean tooMuch =
          end - from > maxTokens || text.size() + piece.text().length > MAX_TEXT_BYTES;
      boolean wasCutHere = cuts.get(taken);
      if (firstPosition + end > limit || (!first && (tooMuch || wasCutHere))) {
        break;
      }
      text.writeBytes(piece.text());
      until = end;
      taken++;
    }
    if (taken == sentPieces) {
      return Optional.empty();
    }
    int[] released = new int[until - from];
    for (Piece piece : pieces.subList(sentPieces, taken)) {
      if (released.length > 0) {
        // Text without tokens belongs to the token before it, or to the first.
        released[Math.max(0, piece.from() + piece.tokens() - from - 1)] += piece.text().length;
      }
    }
    sentPieces = taken;
    cuts.set(taken);
    return Optional.of(
        new Slice(
            firstPosition + from,
            Arrays.copyOfRange(ids, from, until),
            Arrays.copyOfRange(logprobs, from, until),
            text.toString(StandardCharsets.UTF_8),
            released));
  }

  /**
   * Sends again from a position. Schedulers name ends of slices, so an engine call is never cut; a
   * position inside one starts at its first token. Text without tokens at the position is sent
   * again, too: only the scheduler knows whether it has it.
   */
  synchronized void resendFrom(int position) {
    int relative = position - firstPosition;
    int piece = 0;
    while (piece < pieces.size() && isBefore(pieces.get(piece), relative)) {
      piece++;
    }
    sentPieces = piece;
  }

  private static boolean isBefore(Piece piece, int position) {
    int end = piece.from() + piece.tokens();
    return end < position || (end == position && piece.tokens() > 0);
  }

  /** Whether everything so far was taken. */
  synchronized boolean isDrained() {
    return sentPieces == pieces.size();
  }

  int firstPosition() {
    return firstPosition;
  }

  /** Output position after the last token. */
  synchronized int nextPosition() {
    return firstPosition + count;
  }

  synchronized int tokens() {
    return count;
  }

  synchronized int[] ids() {
    return Arrays.copyOf(ids, count);
  }

  synchronized int[] logprobs() {
    return Arrays.copyOf(logprobs, count);
  }
}
