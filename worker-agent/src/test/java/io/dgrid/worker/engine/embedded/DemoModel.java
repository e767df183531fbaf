package io.dgrid.worker.engine.embedded;

import io.dgrid.core.tokenizer.ChatMessage;
import io.dgrid.worker.engine.Prompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The real demo model from the repository's catalogue. */
final class DemoModel {
  private static final String WEIGHTS = "deploy/local/catalogue/dgrid-demo-1m/model.gguf";
  static final String STORY = "Tell me a story about a node named Zoe.";

  private DemoModel() {}

  static EmbeddedEngine open() {
    return open(2, 2);
  }

  static EmbeddedEngine open(int slots, int queue) {
    return EmbeddedEngine.open(weights(), new EmbeddedEngineConfig(slots, queue, 256L << 20));
  }

  /** An engine on the same weights that has seen nothing yet. */
  static EmbeddedEngine share(EmbeddedEngine engine) {
    return engine.fresh(new EmbeddedEngineConfig(1, 0, 256L << 20));
  }

  static Prompt ask(String question) {
    return Prompt.chat(ChatMessage.user(question));
  }

  static byte[] bytes() throws IOException {
    return Files.readAllBytes(weights());
  }

  static Path weights() {
    return root().resolve(WEIGHTS);
  }

  static Path root() {
    Path start = Path.of(System.getProperty("dgrid.root", System.getProperty("user.dir")));
    for (Path at = start.toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.exists(at.resolve(WEIGHTS))) {
        return at;
      }
    }
    throw new IllegalStateException("no repository root at or above " + start);
  }
}
