package io.dgrid.core.model;

import io.dgrid.core.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One model of a catalogue.
 *
 * @param directory its folder
 * @param tokenizer checked against the manifest; absent where the folder has none
 */
public record CatalogueEntry(
    ModelManifest manifest, Path directory, Optional<Tokenizer> tokenizer) {
  /**
   * Where the weights are, on machines that have them. Not checked: whoever loads them compares the
   * digest.
   */
  public Path weights() {
    return directory.resolve("model.gguf");
  }
}
