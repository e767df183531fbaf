package io.dgrid.core.fingerprint;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.merkle.MerkleTree;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Salted commitments of one receipt to its output tokens and their logprobs (minus the natural
 * logarithm in 1/2048 nat, 0 to 65535).
 */
public final class Fingerprint {
  /** Tokens per leaf. */
  public static final int WINDOW = 32;

  private static final byte TAG = 2;

  private Fingerprint() {}

  /**
   * Root over the windows; zero without tokens.
   *
   * @throws IllegalArgumentException when the arrays differ in length
   */
  public static Hash root(Hash salt, int[] tokenIds, int[] logprobs) {
    if (tokenIds.length != logprobs.length) {
      throw new IllegalArgumentException("every token needs a logprob");
    }
    if (tokenIds.length == 0) {
      return Hash.ZERO;
    }
    List<Hash> leaves = new ArrayList<>();
    for (int from = 0; from < tokenIds.length; from += WINDOW) {
      leaves.add(leaf(salt, from / WINDOW, tokenIds, logprobs, from));
    }
    return MerkleTree.over(leaves).root();
  }

  private static Hash leaf(Hash salt, int window, int[] tokenIds, int[] logprobs, int from) {
    int until = Math.min(tokenIds.length, from + WINDOW);
    ByteBuffer out = ByteBuffer.allocate(1 + Hash.BYTES + 4 + 6 * (until - from));
    out.put(TAG).put(salt.toBytes()).putInt(window);
    for (int i = from; i < until; i++) {
      out.putInt(tokenIds[i]).putShort((short) logprobs[i]);
    }
    return Keccak.hash(out.array());
  }

  /** {@code keccak(salt ‖ u32(firstPosition) ‖ u32(id)…)}. */
  public static Hash responseHash(Hash salt, int firstPosition, int[] tokenIds) {
    ByteBuffer out = ByteBuffer.allocate(Hash.BYTES + 4 + 4 * tokenIds.length);
    out.put(salt.toBytes()).putInt(firstPosition);
    for (int id : tokenIds) {
      out.putInt(id);
    }
    return Keccak.hash(out.array());
  }

  /** {@code keccak(u16(logprob)… ‖ u32(redrawn id)…)}: what a score report commits to. */
  public static Hash scoresHash(int[] logprobs, int[] redrawn) {
    ByteBuffer out = ByteBuffer.allocate(2 * logprobs.length + 4 * redrawn.length);
    for (int logprob : logprobs) {
      out.putShort((short) logprob);
    }
    for (int id : redrawn) {
      out.putInt(id);
    }
    return Keccak.hash(out.array());
  }
}
