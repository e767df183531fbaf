package io.dgrid.worker.engine.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Damaged and hostile files: each gives one typed error that says what and where, and takes no
 * memory it should not.
 */
class BrokenModelFileTest {
  private static final long MEMORY = 16L << 20;

  static Stream<Arguments> wrongFiles() {
    byte[] nothing = {};
    return Stream.of(
        wrong("GGUF version 4", f -> f.version(4)),
        wrong("'general.architecture' is missing", f -> f.without("general.architecture")),
        wrong("'gptj', supported is 'llama'", f -> f.text("general.architecture", "gptj")),
        wrong("'llama.block_count' is of the wrong kind", f -> f.text("llama.block_count", "1")),
        wrong("'llama.block_count' is 513", f -> f.integer("llama.block_count", 513)),
        wrong("'llama.context_length' is 4294967295", f -> f.integer("llama.context_length", -1)),
        wrong("do not divide a width", f -> f.integer("llama.attention.head_count", 3)),
        wrong("must be a positive number", f -> f.number("llama.rope.freq_base", Float.NaN)),
        wrong("rope scaling 'yarn'", f -> f.text("llama.rope.scaling.type", "yarn")),
        wrong("'llama.expert_count' is 8", f -> f.integer("llama.expert_count", 8)),
        wrong("no power of two", f -> f.integer("general.alignment", 24)),
        wrong("'general.alignment' is 0", f -> f.integer("general.alignment", 0)),
        wrong("the tokenizer is 'llama'", f -> f.text("tokenizer.ggml.model", "llama")),
        wrong("1 token types for 258 tokens", f -> f.integers("tokenizer.ggml.token_type", 1)),
        wrong("'ac' is not a token", f -> f.texts("tokenizer.ggml.merges", List.of("a c"))),
        wrong(
            "'tokenizer.ggml.eos_token_id' is 258",
            f -> f.integer("tokenizer.ggml.eos_token_id", 258)),
        wrong("unknown value type 13", f -> f.raw("x", 13, new byte[8])),
        wrong("unknown value type 9", f -> f.raw("x", 9, array(9, 1))),
        wrong("at most 2097152 are allowed", f -> f.raw("x", 9, array(0, Long.MAX_VALUE))),
        wrong("at most 2097152 are allowed", f -> f.raw("x", 9, array(0, -1))),
        wrong("more elements than can be real", f -> f.raw("x", 9, array(10, 2_000_000))),
        wrong("a length of 18446744073709551615", f -> f.raw("x", 8, longs(-1))),
        wrong("runs past the end of the file", f -> f.raw("x", 8, longs(900_000))),
        wrong("is not UTF-8", f -> f.raw("x", 8, new byte[] {1, 0, 0, 0, 0, 0, 0, 0, (byte) 0xFF})),
        wrong("tensor 'output_norm.weight' is missing", f -> f.without("output_norm.weight")),
        wrong("'x' is not part of a plain llama model", f -> f.floats("x", new Random(1), 4)),
        wrong("appears twice", f -> f.floats("output_norm.weight", new Random(1), 8)),
        wrong(
            "is 1 rows of 4 weights, expected 1 of 8",
            f -> f.without("output_norm.weight").floats("output_norm.weight", new Random(1), 4)),
        wrong("has 0 dimensions", f -> f.tensor("x", 0, nothing, -1)),
        wrong("has 5 dimensions", f -> f.tensor("x", 0, nothing, -1, 1, 1, 1, 1, 1)),
        wrong("a dimension of 0", f -> f.tensor("x", 0, nothing, -1, 4, 0)),
        wrong("a dimension of 18446744073709551615", f -> f.tensor("x", 0, nothing, -1, -1)),
        wrong("larger than any real one", f -> f.tensor("x", 0, nothing, -1, 1 << 30, 1 << 30)),
        wrong("unsupported type 12", f -> f.tensor("x", 12, nothing, -1, 256)),
        wrong("no whole Q8_0 blocks", f -> f.tensor("x", 8, nothing, -1, 33)),
        wrong("runs past the end of the file", f -> f.tensor("x", 0, nothing, -1, 4096)),
        wrong("has the offset 8", f -> f.tensor("x", 0, new byte[32], 8, 8)),
        wrong("has the offset 18446744073709551584", f -> f.tensor("x", 0, nothing, -32L, 8)),
        wrong("overlaps", f -> f.tensor("x", 0, new byte[32], 32, 8)),
        wrong(
            "holds NaN",
            f ->
                f.without("output_norm.weight")
                    .tensor(
                        "output_norm.weight",
                        0,
                        GgufBuilder.little(32).putFloat(Float.NaN).array(),
                        -1,
                        8)));
  }

  @ParameterizedTest
  @MethodSource("wrongFiles")
  void saysWhatIsWrong(String problem, UnaryOperator<GgufBuilder> damage) {
    byte[] file = damage.apply(GgufBuilder.tinyModel()).bytes();
    assertThatThrownBy(() -> load(file))
        .isInstanceOf(BrokenModelFileException.class)
        .hasMessageStartingWith("hostile.gguf")
        .hasMessageContaining(problem);
  }

  @Test
  void theTinyModelItselfIsSound() {
    LlamaSession session = load(GgufBuilder.tinyModel().bytes()).newSession();
    session.feed(new int[] {257, 104, 105}, 0, 3, 1);
    assertThat(session.logits(2)).hasSize(258);
  }

  @Test
  void modelsBeyondTheMemoryLimitAreRefusedBeforeTheyTakeIt() {
    byte[] file = GgufBuilder.tinyModel().integer("llama.context_length", 1 << 20).bytes();
    assertThatThrownBy(() -> load(file))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.error()).isEqualTo(EngineError.MODEL_TOO_LARGE));
  }

  @Test
  void aMissingFileIsNotABrokenOne(@TempDir Path directory) throws IOException {
    Path missing = directory.resolve("no.gguf");
    EmbeddedEngineConfig config = EmbeddedEngineConfig.ofSlots(1);
    assertThatThrownBy(() -> EmbeddedEngine.open(missing, config))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.error()).isEqualTo(EngineError.MODEL_FILE_UNREADABLE));
    Path empty = Files.createFile(directory.resolve("empty.gguf"));
    assertThatThrownBy(() -> EmbeddedEngine.open(empty, config))
        .isInstanceOf(BrokenModelFileException.class)
        .hasMessageContaining("byte 0");
  }

  @Test
  void noTruncationPassesOrEscapes() {
    byte[] file = GgufBuilder.tinyModel().bytes();
    for (int length = 0; length < file.length - 32; length += 1 + length / 97) {
      byte[] truncated = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> load(truncated))
          .as("first %d bytes", length)
          .isInstanceOf(BrokenModelFileException.class);
    }
  }

  @Test
  void noMutationEscapesTheTypedErrors() {
    byte[] file = GgufBuilder.tinyModel().bytes();
    int survivors = 0;
    for (long seed = 1; seed <= 20_000; seed++) {
      byte[] mutated = mutate(file, new Random(seed));
      survivors += survives(mutated, "seed " + seed) ? 1 : 0;
    }
    // Damage in weights cannot be seen; most other damage must be.
    assertThat(survivors).isBetween(1, 19_000);
  }

  @Test
  void noMutationOfARealHeaderEscapesTheTypedErrors() throws IOException {
    byte[] file = DemoModel.bytes();
    for (long seed = 1; seed <= 300; seed++) {
      Random random = new Random(seed);
      byte[] mutated = file.clone();
      ByteBuffer.wrap(mutated).put(4 + random.nextInt(60_000), (byte) random.nextInt());
      survives(mutated, "seed " + seed);
    }
  }

  /** Whether the file loads and computes; fails on anything but a typed error. */
  private static boolean survives(byte[] file, String what) {
    try {
      LlamaModel model = load(file);
      model.newSession().feed(new int[] {1, 2}, 0, 2, 1);
      return true;
    } catch (EngineException e) {
      assertThat(e.error())
          .as(what)
          .isIn(EngineError.BROKEN_MODEL_FILE, EngineError.MODEL_TOO_LARGE);
      return false;
    } catch (Throwable e) {
      throw new AssertionError(what + " escaped", e);
    }
  }

  private static byte[] mutate(byte[] file, Random random) {
    byte[] mutated =
        random.nextInt(4) == 0 ? Arrays.copyOf(file, random.nextInt(file.length)) : file.clone();
    int header = Math.min(mutated.length, 6_500);
    for (int i = random.nextInt(4); i >= 0 && header > 8; i--) {
      int at = random.nextInt(header - 8);
      switch (random.nextInt(4)) {
        case 0 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> mutated[at] = (byte) random.nextInt();
        case 2 -> ByteBuffer.wrap(mutated).putLong(at, -1L >>> random.nextInt(64));
        default -> System.arraycopy(mutated, random.nextInt(header - 8), mutated, at, 8);
      }
    }
    return mutated;
  }

  private static LlamaModel load(byte[] file) {
    try (GgufFile gguf = GgufFile.of("hostile.gguf", ByteSource.of(file))) {
      return LlamaModel.read(gguf, MEMORY);
    }
  }

  private static byte[] array(int type, long count) {
    return GgufBuilder.little(20).putInt(type).putLong(count).array();
  }

  private static byte[] longs(long value) {
    return GgufBuilder.little(8).putLong(value).array();
  }

  private static Arguments wrong(String problem, UnaryOperator<GgufBuilder> damage) {
    return Arguments.of(problem, damage);
  }
}
