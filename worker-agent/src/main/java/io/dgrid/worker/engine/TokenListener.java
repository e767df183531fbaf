package io.dgrid.worker.engine;

/**
 * Receives the output of one generation, in order, never concurrently. A call may block to slow the
 * engine down, but it keeps a slot meanwhile: prefer {@link Generation#allowUntil}. An exception
 * ends the generation with it.
 */
@FunctionalInterface
public interface TokenListener {
  /**
   * @param firstPosition output position of {@code ids[0]}, counted over the whole job
   * @param ids the next tokens; empty in at most one last call that only carries the rest of the
   *     text
   * @param text UTF-8 of whole characters that became visible; a character or possible stop string
   *     that is incomplete comes later
   * @param logprobs per token, as unsigned 16-bit fixed point; see {@link
   *     io.dgrid.core.sampling.Logprobs#quantise}
   */
  void onTokens(int firstPosition, int[] ids, byte[] text, int[] logprobs);
}
