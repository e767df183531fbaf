package io.dgrid.worker.engine.embedded;

import io.dgrid.core.tokenizer.BrokenTokenizerException;
import io.dgrid.core.tokenizer.ChatTemplate;
import io.dgrid.core.tokenizer.Tokenizer;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * The tokenizer inside a model file.
 *
 * @param chatTemplate absent when the file asks for a layout this engine does not know
 * @param endTokens tokens that end an answer
 */
record LlamaVocabulary(
    Tokenizer tokenizer, Optional<ChatTemplate> chatTemplate, int startToken, BitSet endTokens) {
  private static final int NORMAL = 1;

  static LlamaVocabulary read(GgufMetadata metadata) {
    String kind = metadata.text("tokenizer.ggml.model");
    if (!kind.equals("gpt2")) {
      throw metadata.broken("the tokenizer is '%s', supported is 'gpt2'".formatted(kind));
    }
    List<String> tokens = metadata.texts("tokenizer.ggml.tokens");
    long[] types = metadata.integers("tokenizer.ggml.token_type");
    if (types.length != tokens.size()) {
      throw metadata.broken("%d token types for %d tokens".formatted(types.length, tokens.size()));
    }
    BitSet control = new BitSet();
    for (int id = 0; id < types.length; id++) {
      control.set(id, types[id] != NORMAL);
    }
    try {
      Tokenizer tokenizer = new Tokenizer(tokens, metadata.texts("tokenizer.ggml.merges"), control);
      return of(metadata, tokenizer);
    } catch (BrokenTokenizerException e) {
      throw new BrokenModelFileException(metadata.broken(e.getMessage()).getMessage(), e);
    }
  }

  private static LlamaVocabulary of(GgufMetadata metadata, Tokenizer tokenizer) {
    int last = tokenizer.vocabularySize() - 1;
    int end = metadata.integer("tokenizer.ggml.eos_token_id", 0, last);
    BitSet endTokens = new BitSet();
    endTokens.set(end);
    endTokens.set(metadata.integer("tokenizer.ggml.eot_token_id", 0, last, end));
    Optional<ChatTemplate> chat =
        metadata
            .optionalText("tokenizer.chat_template")
            .filter(ChatTemplate.JINJA::equals)
            .map(known -> new ChatTemplate(tokenizer));
    return new LlamaVocabulary(
        tokenizer, chat, metadata.integer("tokenizer.ggml.bos_token_id", 0, last), endTokens);
  }
}
