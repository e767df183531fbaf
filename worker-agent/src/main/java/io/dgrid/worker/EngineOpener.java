package io.dgrid.worker;

import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.core.model.ModelManifest;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.worker.engine.Engine;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.engine.EngineModel;
import io.dgrid.worker.engine.embedded.EmbeddedEngine;
import io.dgrid.worker.engine.embedded.EmbeddedEngineConfig;
import io.dgrid.worker.engine.openai.OpenAiEngine;
import io.dgrid.worker.engine.openai.OpenAiEngineConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

/** Opens the engine that the settings name and makes sure that it runs the promised model. */
final class EngineOpener {
  private EngineOpener() {}

  /**
   * @throws StartupException saying what the operator must change
   */
  static Engine open(WorkerConfig config, CatalogueEntry entry) {
    return switch (config.engine()) {
      case EMBEDDED -> embedded(config, entry);
      case OPENAI -> openAi(config, entry);
    };
  }

  private static Engine embedded(WorkerConfig config, CatalogueEntry entry) {
    WorkerConfig.Embedded settings = config.embedded();
    Path weights =
        settings
            .weights()
            .or(() -> settings.modelDirectory().map(folder -> folder.resolve("model.gguf")))
            .orElseGet(entry::weights);
    if (!Files.isReadable(weights)) {
      throw new StartupException("the weights " + weights + " cannot be read");
    }
    // Scoring gets a place of its own beside the jobs' slots.
    int work = config.slots() + 1;
    Engine engine =
        embedded(
            weights,
            new EmbeddedEngineConfig(
                config.slots(), 2 * work, Runtime.getRuntime().maxMemory() / 2));
    try {
      if (settings.verifyWeights()) {
        requireDigest(weights, engine.model(), entry.manifest());
      }
      return engine;
    } catch (StartupException wrong) {
      engine.close();
      throw wrong;
    }
  }

  static Engine embedded(Path weights, EmbeddedEngineConfig config) {
    try {
      return EmbeddedEngine.open(weights, config);
    } catch (EngineException unusable) {
      throw new StartupException(
          "%s: the weights %s: %s".formatted(unusable.error(), weights, unusable.getMessage()),
          unusable);
    }
  }

  private static Engine openAi(WorkerConfig config, CatalogueEntry entry) {
    WorkerConfig.OpenAi settings = config.openai();
    Tokenizer tokenizer =
        entry
            .tokenizer()
            .orElseThrow(
                () ->
                    new StartupException(
                        "the catalogue has no tokenizer for %s: the openai engine needs it"
                            .formatted(entry.manifest().name())));
    String url =
        settings
            .url()
            .orElseThrow(() -> new StartupException("dgrid.worker.openai.url is not set"));
    try {
      return new OpenAiEngine(
          new OpenAiEngineConfig(
              URI.create(url),
              settings.model().orElse(entry.manifest().name()),
              settings.apiKeyFile().map(EngineOpener::readSecret),
              settings.dialect(),
              config.slots(),
              entry.manifest().contextLength(),
              settings.scoring(),
              settings.connectTimeout(),
              settings.idleTimeout(),
              settings.answerTimeout()),
          tokenizer);
    } catch (IllegalArgumentException malformed) {
      throw new StartupException("dgrid.worker.openai: " + malformed.getMessage(), malformed);
    }
  }

  private static String readSecret(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException unreadable) {
      throw new StartupException("the API key file " + file + " cannot be read", unreadable);
    }
  }

  private static void requireDigest(Path weights, EngineModel model, ModelManifest manifest) {
    String promised = HexFormat.of().formatHex(manifest.weightsDigest().toBytes());
    Optional<String> actual = model.weightsDigest();
    if (!actual.equals(Optional.of(promised))) {
      throw new StartupException(
          "%s has the SHA-256 %s, but %s is %s: these are other weights"
              .formatted(weights, actual.orElse("unknown"), manifest.name(), promised));
    }
  }
}
