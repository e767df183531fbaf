package io.dgrid.scheduler.job;

/**
 * A piece of an answer in token positions. The adapter keeps text and bytes behind it, so that they
 * pass through unread.
 */
public interface Chunk {
  /** Fencing number of the attempt that made it. */
  int attempt();

  /** Output position of its first token, counted over the whole job. */
  int firstPosition();

  /** Number of tokens; zero for text that a stop check held back. */
  int size();

  int tokenId(int index);

  /** Minus the logprob in 1/2048 nat, 0 to 65535. */
  int logprob(int index);

  /** Position after its last token. */
  default int endPosition() {
    return firstPosition() + size();
  }
}
