package io.dgrid.core.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.identity.Hash;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelManifestCodecTest {
  private static final ModelManifest MANIFEST =
      new ModelManifest(
          "dgrid/demo-1m",
          new Hash(1, 2, 3, 4),
          new Hash(5, 6, 7, 8),
          new Hash(9, 10, 11, 12),
          "q8_0",
          512,
          448,
          "D");

  @Test
  void readsWhatItWrites() {
    String json = ModelManifestCodec.format(MANIFEST);
    assertThat(ModelManifestCodec.parse(json.getBytes(UTF_8), "m")).isEqualTo(MANIFEST);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "dgrid/demo-1m"|"Demo"|name is 'Demo'
          "dgrid/demo-1m"|7|'name' is not a string
          "q8_0"|"q8 0"|precision
          "D"|"E"|assuranceClass
          512|"512"|'contextLength' is not a 32-bit integer
          512|5120000000|'contextLength' is not a 32-bit integer
          448|512|must fit with a prompt
          448|0|must fit with a prompt
          "weightsDigest"|"weights"|unknown field 'weights'
          0000000000000001|zz00000000000001|'weightsDigest' is not hexadecimal
          0000000000000001|01|'weightsDigest' has 50 digits
          {|[|is not JSON
          """)
  void saysWhichFieldIsWrong(String original, String replacement, String problem) {
    String json = ModelManifestCodec.format(MANIFEST);
    assertThat(json).contains(original);
    String broken = json.replaceFirst(java.util.regex.Pattern.quote(original), replacement);

    assertThatThrownBy(() -> ModelManifestCodec.parse(broken.getBytes(UTF_8), "some/manifest.json"))
        .isInstanceOf(BrokenCatalogueException.class)
        .hasMessageStartingWith("some/manifest.json")
        .hasMessageContaining(problem);
  }

  @Test
  void everyFieldIsPartOfTheId() {
    ModelManifest other =
        new ModelManifest(
            MANIFEST.name(),
            MANIFEST.weightsDigest(),
            MANIFEST.tokenizerDigest(),
            MANIFEST.chatTemplateDigest(),
            MANIFEST.precision(),
            MANIFEST.contextLength(),
            447,
            MANIFEST.assuranceClass());
    assertThat(other.id()).isNotEqualTo(MANIFEST.id());
  }
}
