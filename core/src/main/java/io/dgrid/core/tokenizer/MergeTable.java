package io.dgrid.core.tokenizer;

import java.util.Arrays;

/**
 * Which two neighbouring tokens merge into which, and in what order of preference. Open addressing,
 * immutable once built.
 */
final class MergeTable {
  static final int NONE = -1;

  private static final long EMPTY = -1;

  private final long[] pairs;
  private final int[] ranks;
  private final int[] results;
  private final int mask;

  MergeTable(int size) {
    // At most half full, so that a probe for an absent pair ends soon.
    int capacity = Integer.highestOneBit(Math.max(8, size)) << 2;
    pairs = new long[capacity];
    ranks = new int[capacity];
    results = new int[capacity];
    mask = capacity - 1;
    Arrays.fill(pairs, EMPTY);
  }

  /**
   * @return false if the pair is already there
   */
  boolean add(int left, int right, int rank, int result) {
    int slot = slot(left, right);
    if (pairs[slot] != EMPTY) {
      return false;
    }
    pairs[slot] = pair(left, right);
    ranks[slot] = rank;
    results[slot] = result;
    return true;
  }

  /** A slot for {@link #rank} and {@link #result}, or {@link #NONE} if the two do not merge. */
  int find(int left, int right) {
    int slot = slot(left, right);
    return pairs[slot] == EMPTY ? NONE : slot;
  }

  int rank(int slot) {
    return ranks[slot];
  }

  int result(int slot) {
    return results[slot];
  }

  private int slot(int left, int right) {
    long pair = pair(left, right);
    long hash = pair * 0x9E3779B97F4A7C15L;
    int slot = (int) (hash >>> 32) & mask;
    while (pairs[slot] != EMPTY && pairs[slot] != pair) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }
}
