package io.dgrid.worker;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.worker.engine.embedded.EmbeddedEngineConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineOpenerTest {
  private static final EmbeddedEngineConfig SMALL = new EmbeddedEngineConfig(1, 2, 64 << 20);

  @TempDir Path folder;

  @Test
  void brokenWeightsAreNamedWithTheFileAndTheKindOfError() throws IOException {
    Path weights = Files.writeString(folder.resolve("model.gguf"), "GGUF and nothing else");

    assertThatThrownBy(() -> EngineOpener.embedded(weights, SMALL))
        .isInstanceOf(StartupException.class)
        .hasMessageStartingWith("BROKEN_MODEL_FILE: the weights " + weights + ": ")
        .hasMessageNotContaining("\n");
  }
}
