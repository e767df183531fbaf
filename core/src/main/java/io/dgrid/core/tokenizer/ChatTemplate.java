package io.dgrid.core.tokenizer;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The layout in which DGrid's models read a conversation: the start token, per message {@code
 * <|role|>} content {@code <|end|>}, then {@code <|assistant|>} to let the model answer. {@link
 * #JINJA} is the same layout as model files state it.
 */
public final class ChatTemplate {
  /**
   * The template text of a model file that uses this layout; its SHA-256 is the manifest's {@code
   * chatTemplateDigest}.
   */
  public static final String JINJA =
      "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

  // A closed set, because a role is the one part of a message that does become a control token.
  private static final Set<String> ROLES = Set.of("system", "user", "assistant");

  private final Tokenizer tokenizer;
  private final int start;
  private final int end;

  /**
   * @throws BrokenTokenizerException if the vocabulary lacks one of the layout's control tokens
   */
  public ChatTemplate(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    start = require("<|endoftext|>");
    end = require("<|end|>");
    ROLES.forEach(role -> require(marker(role)));
  }

  /**
   * Token ids of a conversation that the assistant is to continue.
   *
   * @throws InvalidPromptException if there is no message, or one has an unknown role
   */
  public int[] render(List<ChatMessage> messages) {
    if (messages.isEmpty()) {
      throw new InvalidPromptException("the conversation has no message");
    }
    IntBuilder ids = new IntBuilder().add(start);
    for (ChatMessage message : messages) {
      if (!ROLES.contains(message.role())) {
        throw new InvalidPromptException(
            "unknown role '%s', known are %s"
                .formatted(
                    message.role(), ROLES.stream().sorted().collect(Collectors.joining(", "))));
      }
      ids.add(require(marker(message.role()))).add(tokenizer.encode(message.content())).add(end);
    }
    return ids.add(require(marker("assistant"))).toArray();
  }

  /**
   * Token ids of a raw text that the model is to continue.
   *
   * @throws InvalidPromptException if the text is empty
   */
  public int[] renderText(String text) {
    if (text.isEmpty()) {
      throw new InvalidPromptException("the prompt is empty");
    }
    return new IntBuilder().add(start).add(tokenizer.encode(text)).toArray();
  }

  /** The token that ends an answer. */
  public int endToken() {
    return end;
  }

  private int require(String name) {
    return tokenizer
        .control(name)
        .orElseThrow(() -> new BrokenTokenizerException("no control token '%s'".formatted(name)));
  }

  private static String marker(String role) {
    return "<|" + role + "|>";
  }

  private static final class IntBuilder {
    private int[] values = new int[64];
    private int count;

    IntBuilder add(int... more) {
      if (count + more.length > values.length) {
        values = Arrays.copyOf(values, Math.max(2 * values.length, count + more.length));
      }
      System.arraycopy(more, 0, values, count, more.length);
      count += more.length;
      return this;
    }

    int[] toArray() {
      return Arrays.copyOf(values, count);
    }
  }
}
