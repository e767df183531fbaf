package io.dgrid.scheduler.job;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The delivered part of an answer: chunks that join without gap or overlap. Immutable to its users;
 * successive versions share one growing list, so that appending costs O(1). Bounded by the job's
 * maximal output. Not thread-safe.
 */
public final class Transcript {
  public static final Transcript EMPTY = new Transcript(new ArrayList<>(), 0, 0);

  private final List<Chunk> store;
  private final int chunks;
  private final int tokens;

  private Transcript(List<Chunk> store, int chunks, int tokens) {
    this.store = store;
    this.chunks = chunks;
    this.tokens = tokens;
  }

  /** Position after the last delivered token. */
  public int end() {
    return tokens;
  }

  /**
   * @throws IllegalArgumentException when the chunk does not join
   */
  Transcript append(Chunk chunk) {
    if (chunk.firstPosition() != tokens) {
      throw new IllegalArgumentException(
          "chunk at " + chunk.firstPosition() + " does not join " + tokens);
    }
    // Only the newest version may grow in place; an older one branches off.
    boolean newest = store.size() == chunks && this != EMPTY;
    List<Chunk> target = newest ? store : new ArrayList<>(store.subList(0, chunks));
    target.add(chunk);
    return new Transcript(target, chunks + 1, tokens + chunk.size());
  }

  /** Whether the last piece is text without tokens: a second one at the same place is a repeat. */
  boolean endsWithTextOnly() {
    return chunks > 0 && store.get(chunks - 1).size() == 0;
  }

  public List<Chunk> chunks() {
    return Collections.unmodifiableList(store.subList(0, chunks));
  }

  /** The chunks that hold tokens at or after the position, with text-only pieces after them. */
  public List<Chunk> from(int position) {
    int low = 0;
    int high = chunks;
    while (low < high) {
      int middle = (low + high) >>> 1;
      Chunk chunk = store.get(middle);
      boolean before =
          chunk.endPosition() < position || (chunk.endPosition() == position && chunk.size() > 0);
      if (before) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return Collections.unmodifiableList(store.subList(low, chunks));
  }

  /** Token ids in [from, until). */
  public int[] tokenIds(int from, int until) {
    return column(from, until, true);
  }

  /** Logprobs of the tokens in [from, until). */
  int[] logprobs(int from, int until) {
    return column(from, until, false);
  }

  private int[] column(int from, int until, boolean ids) {
    if (from < 0 || until < from || until > tokens) {
      throw new IndexOutOfBoundsException(from + ".." + until + " of " + tokens);
    }
    int[] out = new int[until - from];
    for (Chunk chunk : from(from)) {
      for (int i = 0; i < chunk.size(); i++) {
        int position = chunk.firstPosition() + i;
        if (position >= from && position < until) {
          out[position - from] = ids ? chunk.tokenId(i) : chunk.logprob(i);
        }
      }
    }
    return out;
  }
}
