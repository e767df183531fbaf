package io.dgrid.worker.engine.openai;

/** Servers that say token ids; what differs is how they are asked and where they put them. */
public enum Dialect {
  /**
   * {@code return_token_ids}; scores with {@code prompt_logprobs} (its prefix cache must be off).
   */
  VLLM("/v1/completions", true),
  /** The native {@code /generate}: its OpenAI path has no token ids. */
  SGLANG("/generate", true),
  /** Ids inside {@code logprobs.content}; cannot score. */
  LLAMACPP("/v1/completions", false);

  private final String path;
  private final boolean scores;

  Dialect(String path, boolean scores) {
    this.path = path;
    this.scores = scores;
  }

  String path() {
    return path;
  }

  boolean scores() {
    return scores;
  }
}
