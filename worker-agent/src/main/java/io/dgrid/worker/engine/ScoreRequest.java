package io.dgrid.worker.engine;

import io.dgrid.core.sampling.SamplingParameters;

/**
 * Output tokens to judge. Arrays are not copied: do not change them.
 *
 * @param before output tokens before the judged ones, from position 0; not judged
 * @param output the judged tokens, at least one; their positions start at {@code before.length}
 * @param sampling how the tokens should have been drawn
 */
public record ScoreRequest(Prompt prompt, int[] before, int[] output, SamplingParameters sampling) {
  public ScoreRequest {
    if (output.length == 0) {
      throw new IllegalArgumentException("no output token to score");
    }
  }

  public static ScoreRequest of(Prompt prompt, int[] output, SamplingParameters sampling) {
    return new ScoreRequest(prompt, new int[0], output, sampling);
  }
}
