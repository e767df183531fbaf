package io.dgrid.oracle.compare;

/**
 * What a node committed to, one entry per output token. Arrays are not copied: do not change them.
 *
 * @param logprobs minus the natural logarithm, in 1/2048 nat, 0 to 65535
 */
public record Claim(int[] tokenIds, int[] logprobs) {
  public Claim {
    if (tokenIds.length != logprobs.length) {
      throw new IllegalArgumentException("every token needs a logprob");
    }
  }

  public int tokens() {
    return tokenIds.length;
  }
}
