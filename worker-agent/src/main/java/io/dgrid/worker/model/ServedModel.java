package io.dgrid.worker.model;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.core.model.ModelManifest;
import io.dgrid.core.tokenizer.ChatMessage;
import io.dgrid.core.tokenizer.ChatTemplate;
import io.dgrid.core.tokenizer.InvalidPromptException;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.proto.job.v1.Prompt;
import java.util.Optional;

/**
 * A model as this worker serves it.
 *
 * @param tokenizer absent where the catalogue has none; then prompts go to the engine as text
 * @param template absent exactly when the tokenizer is
 */
public record ServedModel(
    ModelManifest manifest,
    ModelId id,
    Optional<Tokenizer> tokenizer,
    Optional<ChatTemplate> template) {

  public static ServedModel of(CatalogueEntry entry) {
    return of(entry.manifest(), entry.tokenizer());
  }

  public static ServedModel of(ModelManifest manifest, Optional<Tokenizer> tokenizer) {
    return new ServedModel(manifest, manifest.id(), tokenizer, tokenizer.map(ChatTemplate::new));
  }

  /**
   * Token ids of a prompt; empty where the catalogue has no tokenizer.
   *
   * @throws DGridException INVALID_REQUEST when no form is set or a role is unknown
   */
  public Optional<int[]> tokenize(Prompt prompt) {
    return template.map(layout -> render(layout, prompt));
  }

  /** The prompt for an engine that tokenises itself. */
  public static io.dgrid.worker.engine.Prompt enginePrompt(Prompt prompt) {
    return switch (prompt.getFormCase()) {
      case CHAT ->
          new io.dgrid.worker.engine.Prompt.Chat(
              prompt.getChat().getMessagesList().stream()
                  .map(m -> new ChatMessage(m.getRole(), m.getContent()))
                  .toList());
      case TEXT -> new io.dgrid.worker.engine.Prompt.Text(prompt.getText());
      case FORM_NOT_SET -> throw invalid("prompt must be chat or text");
    };
  }

  private static int[] render(ChatTemplate layout, Prompt prompt) {
    try {
      return switch (prompt.getFormCase()) {
        case CHAT ->
            layout.render(
                prompt.getChat().getMessagesList().stream()
                    .map(m -> new ChatMessage(m.getRole(), m.getContent()))
                    .toList());
        case TEXT -> layout.renderText(prompt.getText());
        case FORM_NOT_SET -> throw invalid("prompt must be chat or text");
      };
    } catch (InvalidPromptException refused) {
      throw invalid("prompt: " + refused.getMessage());
    }
  }

  private static DGridException invalid(String message) {
    return new DGridException(ErrorCode.INVALID_REQUEST, message);
  }
}
