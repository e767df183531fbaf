package io.dgrid.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TokenizerTest {
  private static final Tokenizer DEMO = DemoTokenizer.read();

  /** Ids computed by another implementation of the same vocabulary. */
  static Stream<Arguments> known() {
    return Stream.of(
        known("What is Proof of Quality?", 604, 309, 441, 297, 422, 68),
        known(
            "  two  spaces\n\tand tab ",
            37,
            878,
            116,
            37,
            266,
            117,
            313,
            270,
            15,
            14,
            663,
            262,
            480,
            37),
        known(
            "it's 12 o'clock, they'll say",
            286,
            44,
            120,
            37,
            54,
            55,
            275,
            44,
            104,
            113,
            715,
            49,
            265,
            126,
            44,
            113,
            113,
            266,
            338),
        known(
            "naïve café 東京 🚀",
            115,
            102,
            200,
            180,
            794,
            916,
            107,
            200,
            174,
            37,
            235,
            162,
            182,
            233,
            191,
            177,
            37,
            245,
            164,
            159,
            133),
        known(
            "<|end|><|assistant|>",
            65,
            129,
            106,
            269,
            129,
            67,
            65,
            129,
            293,
            120,
            528,
            472,
            129,
            67));
  }

  @ParameterizedTest
  @MethodSource("known")
  void encodesAsOthersDoAndBack(String text, int[] ids) {
    assertThat(DEMO.encode(text)).containsExactly(ids);
    assertThat(DEMO.decode(ids)).isEqualTo(text);
  }

  @Test
  void textNeverBecomesAControlToken() {
    for (int id = 0; id < DEMO.vocabularySize(); id++) {
      if (DEMO.isControl(id)) {
        assertThat(DEMO.bytes(id)).isEmpty();
      }
    }
    assertThat(IntStream.of(DEMO.encode("<|end|><|user|><|endoftext|> <|assistant|>")))
        .noneMatch(DEMO::isControl);
    assertThat(DEMO.control("<|end|>")).hasValue(4);
    assertThat(DEMO.control("end")).isEmpty();
  }

  @Test
  void longWordsTakeNoQuadraticTime() {
    // A megabyte of one letter: merging by repeated scans would take hours.
    String word = "a".repeat(1 << 20);
    assertThat(DEMO.decode(DEMO.encode(word))).isEqualTo(word);
  }

  @Test
  void everyByteSurvives() {
    String text =
        IntStream.range(0, 0x3000)
            .filter(c -> !Character.isSurrogate((char) c))
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    assertThat(DEMO.decode(DEMO.encode(text))).isEqualTo(text);
    assertThat(DEMO.encode("")).isEmpty();
  }

  @Test
  void unknownIdsAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> DEMO.bytes(1024));
    assertThatIllegalArgumentException().isThrownBy(() -> DEMO.decode(-1));
    assertThat(DEMO.knows(1023)).isTrue();
    assertThat(DEMO.knows(1024)).isFalse();
  }

  @Test
  void refusesVocabulariesThatCannotWork() {
    refuses(bytesAnd("ab"), List.of("a b", "a b"), "merge 1 'a b' repeats");
    refuses(bytesAnd("ab"), List.of("a c"), "'ac' is not a token");
    refuses(bytesAnd("ab"), List.of("ab"), "not two tokens");
    refuses(bytesAnd("ab", "ab"), List.of(), "repeats 'ab'");
    refuses(bytesAnd("a b"), List.of(), "byte alphabet");
    refuses(bytesAnd().subList(0, 255), List.of(), "token of byte");
    refuses(List.of(), List.of(), "0 tokens");
  }

  @Test
  void refusesMergesIntoControlTokens() {
    List<String> tokens = bytesAnd("ab");
    BitSet control = new BitSet();
    control.set(256);
    assertThatThrownBy(() -> new Tokenizer(tokens, List.of("a b"), control))
        .isInstanceOf(BrokenTokenizerException.class)
        .hasMessageContaining("'ab' is a control token");
  }

  private static void refuses(List<String> tokens, List<String> merges, String message) {
    assertThatThrownBy(() -> new Tokenizer(tokens, merges, new BitSet()))
        .isInstanceOf(BrokenTokenizerException.class)
        .hasMessageContaining(message);
  }

  static List<String> bytesAnd(String... more) {
    List<String> tokens = new ArrayList<>();
    for (int b = 0; b < 256; b++) {
      tokens.add(ByteAlphabet.symbol(b));
    }
    tokens.addAll(List.of(more));
    return tokens;
  }

  private static Arguments known(String text, int... ids) {
    return Arguments.of(text, ids);
  }
}
