package io.dgrid.core.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8AssemblerTest {
  private final Utf8Assembler assembler = new Utf8Assembler();

  @Test
  void waitsForTheRestOfACharacter() {
    byte[] rocket = "🚀".getBytes(UTF_8);
    assertThat(push(rocket[0])).isEmpty();
    assertThat(push(rocket[1], rocket[2])).isEmpty();
    assertThat(push(rocket[3], (byte) 'x')).isEqualTo("🚀x");
    assertThat(assembler.finish()).isEmpty();
  }

  @Test
  void replacesWhatCanNeverBeACharacter() {
    assertThat(push((byte) 0xFF)).isEqualTo("\uFFFD");
    assertThat(push((byte) 'a', (byte) 0x80, (byte) 'b')).isEqualTo("a\uFFFDb");
    assertThat(push((byte) 0xC3)).isEmpty();
    assertThat(push((byte) 'c')).isEqualTo("\uFFFDc");
  }

  @Test
  void anIncompleteEndIsReplaced() {
    assertThat(push((byte) 'a', (byte) 0xE6, (byte) 0x9D)).isEqualTo("a");
    assertThat(new String(assembler.finish(), UTF_8)).isEqualTo("\uFFFD");
    assertThat(push((byte) 'b')).isEqualTo("b");
  }

  @Test
  void anySplitGivesTheSameTextInWholeCharacters() {
    for (long seed = 1; seed <= 2_000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      if (random.nextBoolean()) {
        bytes = "aé東🚀\u0000".repeat(3).getBytes(UTF_8);
      }
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      for (int at = 0; at < bytes.length; ) {
        int end = Math.min(bytes.length, at + 1 + random.nextInt(3));
        byte[] piece = assembler.push(Arrays.copyOfRange(bytes, at, end));
        assertThat(new String(piece, UTF_8).getBytes(UTF_8)).as("seed %d", seed).isEqualTo(piece);
        text.writeBytes(piece);
        at = end;
      }
      text.writeBytes(assembler.finish());

      assertThat(text.toString(UTF_8)).as("seed %d", seed).isEqualTo(new String(bytes, UTF_8));
    }
  }

  private String push(byte... bytes) {
    return new String(assembler.push(bytes), UTF_8);
  }
}
