package io.dgrid.worker.engine.embedded;

import io.dgrid.core.tokenizer.ChatTemplate;
import io.dgrid.core.tokenizer.InvalidPromptException;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.engine.Prompt;
import java.util.Arrays;

/** Turns a prompt and given output into one checked sequence of token ids. */
final class PromptRenderer {
  private final LlamaVocabulary vocabulary;
  private final int contextLength;

  PromptRenderer(LlamaModel model) {
    vocabulary = model.vocabulary();
    contextLength = model.shape().contextLength();
  }

  /**
   * The prompt's token ids.
   *
   * @throws EngineException {@link EngineError#INVALID_PROMPT}, {@link EngineError#UNKNOWN_TOKEN}
   */
  int[] render(Prompt prompt) {
    int[] ids =
        switch (prompt) {
          case Prompt.Chat chat -> renderChat(chat);
          case Prompt.Text text -> renderText(text.text());
          case Prompt.Tokens tokens -> tokens.ids();
        };
    if (ids.length == 0) {
      throw new EngineException(EngineError.INVALID_PROMPT, "the prompt is empty");
    }
    requireKnown(ids);
    return ids;
  }

  /**
   * {@code first ‖ second} with room for {@code more} further tokens.
   *
   * @throws EngineException {@link EngineError#PROMPT_TOO_LONG}, {@link EngineError#UNKNOWN_TOKEN}
   */
  int[] join(int[] first, int[] second, int more) {
    requireKnown(second);
    long length = (long) first.length + second.length + more;
    if (length > contextLength) {
      throw new EngineException(
          EngineError.PROMPT_TOO_LONG,
          "%d tokens do not fit into the context of %d".formatted(length, contextLength));
    }
    int[] joined = Arrays.copyOf(first, (int) length);
    System.arraycopy(second, 0, joined, first.length, second.length);
    return joined;
  }

  private int[] renderChat(Prompt.Chat chat) {
    ChatTemplate template =
        vocabulary
            .chatTemplate()
            .orElseThrow(
                () ->
                    new EngineException(
                        EngineError.INVALID_PROMPT,
                        "this model's chat template is not supported; send text or tokens"));
    try {
      return template.render(chat.messages());
    } catch (InvalidPromptException e) {
      throw new EngineException(EngineError.INVALID_PROMPT, e.getMessage(), e);
    }
  }

  private int[] renderText(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    int[] ids = vocabulary.tokenizer().encode(text);
    int[] started = new int[ids.length + 1];
    started[0] = vocabulary.startToken();
    System.arraycopy(ids, 0, started, 1, ids.length);
    return started;
  }

  private void requireKnown(int[] ids) {
    Tokenizer tokenizer = vocabulary.tokenizer();
    for (int id : ids) {
      if (!tokenizer.knows(id)) {
        throw new EngineException(
            EngineError.UNKNOWN_TOKEN,
            "token %d is outside the vocabulary of %d".formatted(id, tokenizer.vocabularySize()));
      }
    }
  }
}
