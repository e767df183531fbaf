package io.dgrid.core.tokenizer;

import java.util.PriorityQueue;

/**
 * Merges the bytes of one word, best rank first and leftmost among equals, in O(n log n): a word is
 * user text and may be a megabyte of one letter.
 */
final class WordMerger {
  private final MergeTable merges;
  private final int[] tokens;
  private final int[] next;
  private final int[] previous;
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>();

  private WordMerger(MergeTable merges, int[] tokens) {
    this.merges = merges;
    this.tokens = tokens;
    next = new int[tokens.length];
    previous = new int[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
    }
  }

  /** Merges in place; the argument is consumed. */
  static int[] merge(MergeTable merges, int[] byteTokens) {
    return byteTokens.length < 2 ? byteTokens : new WordMerger(merges, byteTokens).run();
  }

  private int[] run() {
    for (int i = 0; i + 1 < tokens.length; i++) {
      offer(i);
    }
    int count = tokens.length;
    for (Candidate best = queue.poll(); best != null; best = queue.poll()) {
      if (isCurrent(best)) {
        join(best);
        count--;
      }
    }
    return collect(count);
  }

  private void offer(int at) {
    int slot = merges.find(tokens[at], tokens[next[at]]);
    if (slot != MergeTable.NONE) {
      queue.add(
          new Candidate(merges.rank(slot), at, tokens[at], tokens[next[at]], merges.result(slot)));
    }
  }

  private boolean isCurrent(Candidate candidate) {
    int at = candidate.at;
    return tokens[at] == candidate.left
        && next[at] < tokens.length
        && tokens[next[at]] == candidate.right;
  }

  private void join(Candidate candidate) {
    int at = candidate.at;
    int absorbed = next[at];
    tokens[at] = candidate.result;
    tokens[absorbed] = MergeTable.NONE;
    next[at] = next[absorbed];
    if (next[at] < tokens.length) {
      previous[next[at]] = at;
      offer(at);
    }
    if (previous[at] >= 0) {
      offer(previous[at]);
    }
  }

  private int[] collect(int count) {
    int[] merged = new int[count];
    int filled = 0;
    for (int at = 0; at < tokens.length; at = next[at]) {
      merged[filled++] = tokens[at];
    }
    return merged;
  }

  private record Candidate(int rank, int at, int left, int right, int result)
      implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      int byRank = Integer.compare(rank, other.rank);
      return byRank != 0 ? byRank : Integer.compare(at, other.at);
    }
  }
}
