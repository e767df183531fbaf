package io.dgrid.worker.engine.embedded;

/**
 * The dimensions of a llama-architecture model, each within bounds.
 *
 * @param width length of a hidden vector
 * @param keyValueHeads heads of keys and values; each serves {@code heads / keyValueHeads} query
 *     heads
 * @param hidden width of the feed-forward layer
 */
record LlamaShape(
    int width,
    int layers,
    int heads,
    int keyValueHeads,
    int hidden,
    int contextLength,
    int vocabularySize,
    float normEpsilon,
    double ropeBase) {
  private static final int MAX_WIDTH = 1 << 16;
  private static final int MAX_LAYERS = 512;
  private static final int MAX_HEADS = 1 << 10;
  private static final int MAX_HIDDEN = 1 << 20;
  private static final int MAX_CONTEXT = 1 << 20;
  // Rotary tables are one array each.
  private static final long MAX_ROTARY_ELEMENTS = 1L << 30;

  int headWidth() {
    return width / heads;
  }

  int keyValueWidth() {
    return keyValueHeads * headWidth();
  }

  /** Memory of the keys and values of one full context, in bytes. */
  long sessionBytes() {
    return 2L * Float.BYTES * layers * keyValueWidth() * contextLength;
  }

  /**
   * @throws BrokenModelFileException if a dimension is missing, impossible, or of a variant that is
   *     not implemented
   */
  static LlamaShape of(GgufMetadata metadata, int vocabularySize) {
    String architecture = metadata.text("general.architecture");
    if (!architecture.equals("llama")) {
      throw metadata.broken(
          "the architecture is '%s', supported is 'llama'".formatted(architecture));
    }
    int heads = metadata.integer("llama.attention.head_count", 1, MAX_HEADS);
    LlamaShape shape =
        new LlamaShape(
            metadata.integer("llama.embedding_length", 1, MAX_WIDTH),
            metadata.integer("llama.block_count", 1, MAX_LAYERS),
            heads,
            metadata.integer("llama.attention.head_count_kv", 1, MAX_HEADS, heads),
            metadata.integer("llama.feed_forward_length", 1, MAX_HIDDEN),
            metadata.integer("llama.context_length", 2, MAX_CONTEXT),
            vocabularySize,
            (float) metadata.positive("llama.attention.layer_norm_rms_epsilon"),
            metadata.positive("llama.rope.freq_base"));
    shape.requirePlain(metadata);
    return shape;
  }

  private void requirePlain(GgufMetadata metadata) {
    if (width % heads != 0 || headWidth() % 2 != 0 || heads % keyValueHeads != 0) {
      throw metadata.broken(
          "%d heads (%d for keys and values) do not divide a width of %d"
              .formatted(heads, keyValueHeads, width));
    }
    if ((long) contextLength * headWidth() > MAX_ROTARY_ELEMENTS) {
      throw metadata.broken("a context of %d tokens is too long".formatted(contextLength));
    }
    requireHeadWidth(metadata, "llama.rope.dimension_count");
    requireHeadWidth(metadata, "llama.attention.key_length");
    requireHeadWidth(metadata, "llama.attention.value_length");
    metadata.integer("llama.vocab_size", vocabularySize, vocabularySize, vocabularySize);
    metadata.integer("llama.expert_count", 0, 0, 0);
    metadata
        .optionalText("llama.rope.scaling.type")
        .filter(scaling -> !scaling.equals("none"))
        .ifPresent(
            scaling -> {
              throw metadata.broken("rope scaling '%s' is not supported".formatted(scaling));
            });
  }

  private void requireHeadWidth(GgufMetadata metadata, String key) {
    metadata.integer(key, headWidth(), headWidth(), headWidth());
  }
}
