package io.dgrid.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.tokenizer.ChatTemplate;
import io.dgrid.core.tokenizer.DemoTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogueTest {
  private static final Path DEMO = DemoTokenizer.catalogue().resolve("dgrid-demo-1m");

  @TempDir private Path directory;

  @Test
  void readsTheShippedCatalogue() throws Exception {
    Catalogue catalogue = Catalogue.read(DemoTokenizer.catalogue());

    CatalogueEntry demo = catalogue.find("dgrid/demo-1m").orElseThrow();
    ModelManifest manifest = demo.manifest();
    assertThat(manifest.weightsDigest()).isEqualTo(sha256(Files.readAllBytes(demo.weights())));
    assertThat(manifest.chatTemplateDigest())
        .isEqualTo(sha256(ChatTemplate.JINJA.getBytes(StandardCharsets.UTF_8)));
    assertThat(demo.tokenizer()).isPresent();
    assertThat(catalogue.find(manifest.id())).contains(demo);
    assertThat(catalogue.find("dgrid/other")).isEmpty();
  }

  @Test
  void aChangedTokenizerIsRefused() throws IOException {
    Path folder = copyDemo("demo");
    Files.writeString(folder.resolve("tokenizer.json"), "{}");

    assertThatThrownBy(() -> Catalogue.read(directory))
        .isInstanceOf(BrokenCatalogueException.class)
        .hasMessageContaining("tokenizer.json has the SHA-256");
  }

  @Test
  void twoFoldersCannotHoldTheSameName() throws IOException {
    copyDemo("a");
    copyDemo("b");

    assertThatThrownBy(() -> Catalogue.read(directory))
        .isInstanceOf(BrokenCatalogueException.class)
        .hasMessageContaining("both hold 'dgrid/demo-1m'");
  }

  @Test
  void foldersWithoutManifestAreNoModels() throws IOException {
    Files.createDirectory(directory.resolve("kit"));
    assertThat(Catalogue.read(directory).entries()).isEmpty();
    assertThatThrownBy(() -> Catalogue.read(directory.resolve("missing")))
        .isInstanceOf(BrokenCatalogueException.class)
        .hasMessageContaining("missing");
  }

  private Path copyDemo(String name) throws IOException {
    Path folder = Files.createDirectory(directory.resolve(name));
    for (String file : new String[] {"manifest.json", "tokenizer.json"}) {
      Files.copy(DEMO.resolve(file), folder.resolve(file));
    }
    return folder;
  }

  private static Hash sha256(byte[] bytes) throws Exception {
    return Hash.of(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
