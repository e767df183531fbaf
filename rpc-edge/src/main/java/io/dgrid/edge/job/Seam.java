package io.dgrid.edge.job;

import org.jspecify.annotations.Nullable;

/**
 * Where a chunk overlaps what a stream has told and cannot be cut. One such chunk proves nothing: a
 * former owner may have sent it. But the answer of one owner only grows, so an owner that sends it
 * again, after it was asked for that very position, has nothing else for it. Not thread-safe.
 */
final class Seam {
  private @Nullable JobOwner asked;
  private int position;

  /** A new owner, or the same one anew, may have another answer. */
  void forget() {
    asked = null;
  }

  /**
   * Such a chunk of the present owner, at the first missing position; true when it is the proof.
   */
  boolean isTorn(JobOwner owner, int missing) {
    boolean again = asked == owner && position == missing;
    asked = owner;
    position = missing;
    return again;
  }
}
