package io.dgrid.core.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizerJsonTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ``|'tokens' is not an array
          []|'tokens' is not an array
          {"tokens":[],"merges":{}}|'merges' is not an array
          {"tokens":[1],"merges":[]}|tokens[0] is not a string
          {"tokens":["a"],"merges":[]}|token of byte 0
          {"tokens":[]|is not JSON
          {"tokens":[],"tokens":[],"merges":[]}|is not JSON
          {"tokens":[],"merges":[]} x|is not JSON
          """)
  void saysWhatIsWrongWithAFile(String json, String problem) {
    assertThatThrownBy(() -> TokenizerJson.parse(json.getBytes(UTF_8), "some/tokenizer.json"))
        .isInstanceOf(BrokenTokenizerException.class)
        .hasMessageStartingWith("some/tokenizer.json")
        .hasMessageContaining(problem);
  }
}
