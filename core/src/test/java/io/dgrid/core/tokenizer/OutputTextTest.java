package io.dgrid.core.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OutputTextTest {
  private static final Tokenizer DEMO = DemoTokenizer.read();

  @Test
  void stopStringsAreFoundAcrossTokens() {
    OutputText text = new OutputText(DEMO, List.of("of Qual"));
    StringBuilder shown = new StringBuilder();
    for (int token : DEMO.encode("What is Proof of Quality? No.")) {
      shown.append(new String(text.push(token), UTF_8));
    }
    assertThat(text.stopped()).isTrue();
    assertThat(shown.toString()).isEqualTo("What is Proof ");
  }

  @Test
  void whatMightBecomeAStopStringIsHeldBackUntilItCannot() {
    StopMatcher stops = new StopMatcher(List.of("###END"));
    assertThat(push(stops, "a#")).isEqualTo("a");
    assertThat(push(stops, "##")).isEmpty();
    assertThat(push(stops, "#E")).isEqualTo("#");
    assertThat(push(stops, "X")).isEqualTo("###EX");
    assertThat(push(stops, "##")).isEmpty();
    assertThat(new String(stops.finish(), UTF_8)).isEqualTo("##");
  }

  @Test
  void theFirstCompleteStopStringWins() {
    StopMatcher stops = new StopMatcher(List.of("bcde", "cd", "d"));
    assertThat(push(stops, "abcdef")).isEqualTo("ab");
    assertThat(stops.stopped()).isTrue();
    assertThat(push(stops, "more")).isEmpty();
  }

  @Test
  void anySplitStopsAtTheSamePlace() {
    for (long seed = 1; seed <= 3_000; seed++) {
      Random random = new Random(seed);
      String text = letters(random, 30);
      List<String> stops =
          List.of("x" + letters(random, 3), letters(random, 2) + "y", letters(random, 4) + "x");
      StopMatcher matcher = new StopMatcher(stops);
      StringBuilder shown = new StringBuilder();
      byte[] bytes = text.getBytes(UTF_8);
      for (int at = 0; at < bytes.length && !matcher.stopped(); ) {
        int end = Math.min(bytes.length, at + 1 + random.nextInt(5));
        shown.append(new String(matcher.push(Arrays.copyOfRange(bytes, at, end)), UTF_8));
        at = end;
      }
      if (!matcher.stopped()) {
        shown.append(new String(matcher.finish(), UTF_8));
      }

      assertThat(shown.toString())
          .as("seed %d: %s in %s", seed, stops, text)
          .isEqualTo(cut(text, stops));
    }
  }

  /** The text before the stop string that is complete first; the longest of those. */
  private static String cut(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String prefix = text.substring(0, end);
      int longest =
          stops.stream().filter(prefix::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        return prefix.substring(0, end - longest);
      }
    }
    return text;
  }

  private static String letters(Random random, int max) {
    return random
        .ints(random.nextInt(max + 1), 0, 2)
        .collect(StringBuilder::new, (b, i) -> b.append(i == 0 ? 'x' : 'y'), StringBuilder::append)
        .toString();
  }

  private static String push(StopMatcher stops, String text) {
    return new String(stops.push(text.getBytes(UTF_8)), UTF_8);
  }
}
