package io.dgrid.worker.engine;

import io.dgrid.core.tokenizer.ChatMessage;
import java.util.List;

/** What the model is asked. */
public sealed interface Prompt {
  /** A conversation; the engine applies the model's chat template. */
  record Chat(List<ChatMessage> messages) implements Prompt {
    public Chat {
      messages = List.copyOf(messages);
    }
  }

  /** A raw text to continue. */
  record Text(String text) implements Prompt {}

  /** Ready token ids, including every control token. The array is not copied: do not change it. */
  record Tokens(int[] ids) implements Prompt {}

  static Prompt chat(ChatMessage... messages) {
    return new Chat(List.of(messages));
  }

  static Prompt tokens(int... ids) {
    return new Tokens(ids);
  }
}
