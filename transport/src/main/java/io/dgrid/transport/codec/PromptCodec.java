package io.dgrid.transport.codec;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.receipt.PromptHash;
import io.dgrid.core.tokenizer.ChatMessage;
import io.dgrid.core.tokenizer.ChatTemplate;
import io.dgrid.core.tokenizer.InvalidPromptException;
import io.dgrid.proto.job.v1.Prompt;
import java.util.List;

/** Prompts and their salted hash. */
public final class PromptCodec {
  private PromptCodec() {}

  /**
   * @throws DGridException INVALID_REQUEST when no form is set
   */
  public static Hash hash(Prompt prompt, Hash salt) {
    return switch (prompt.getFormCase()) {
      case CHAT -> PromptHash.ofChat(salt, messages(prompt));
      case TEXT -> PromptHash.ofText(salt, prompt.getText());
      case FORM_NOT_SET -> throw Wire.invalid("prompt", "chat or text");
    };
  }

  public static List<ChatMessage> messages(Prompt prompt) {
    return prompt.getChat().getMessagesList().stream()
        .map(m -> new ChatMessage(m.getRole(), m.getContent()))
        .toList();
  }

  /**
   * The prompt's tokens, the same at edge, worker and oracle.
   *
   * @throws DGridException INVALID_REQUEST for an unknown role or no form
   */
  public static int[] tokens(Prompt prompt, ChatTemplate template) {
    try {
      return switch (prompt.getFormCase()) {
        case CHAT -> template.render(messages(prompt));
        case TEXT -> template.renderText(prompt.getText());
        case FORM_NOT_SET -> throw Wire.invalid("prompt", "chat or text");
      };
    } catch (InvalidPromptException invalid) {
      throw new DGridException(ErrorCode.INVALID_REQUEST, "prompt: " + invalid.getMessage());
    }
  }

  /**
   * @throws DGridException EMPTY_PROMPT when there is no text to continue
   */
  public static void requireText(Prompt prompt) {
    boolean empty =
        switch (prompt.getFormCase()) {
          case CHAT ->
              prompt.getChat().getMessagesList().stream().allMatch(m -> m.getContent().isBlank());
          case TEXT -> prompt.getText().isEmpty();
          case FORM_NOT_SET -> true;
        };
    if (empty) {
      throw new DGridException(ErrorCode.EMPTY_PROMPT, "the prompt holds no text");
    }
  }
}
