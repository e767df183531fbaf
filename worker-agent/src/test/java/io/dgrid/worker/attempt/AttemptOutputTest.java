package io.dgrid.worker.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AttemptOutputTest {
  private static final int NO_LIMIT = Integer.MAX_VALUE;

  private final AttemptOutput output = new AttemptOutput(10);

  @Test
  void slowStreamGetsTokensInBatches() {
    makes(3);

    assertThat(takesAll()).containsExactly("10-13 t10t11t12");
  }

  @Test
  void batchSaysWhichTextBelongsToWhichToken() {
    makes(1);
    output.onTokens(11, new int[0], bytes("late"), new int[0]);
    output.onTokens(11, new int[] {11, 12}, bytes("é!"), new int[] {1, 1});
    makes(1);

    assertThat(output.next(NO_LIMIT, 256).orElseThrow().released()).containsExactly(7, 0, 3, 3);
  }

  @Test
  void repeatedOutputComesInTheSlicesItCameInBefore() {
    makes(1);
    List<String> before = takesAll();
    makes(2);
    before.addAll(takesAll());
    makes(1);
    before.addAll(takesAll());
    makes(2);

    output.resendFrom(10);

    List<String> again = takesAll();
    assertThat(before).containsExactly("10-11 t10", "11-13 t11t12", "13-14 t13");
    assertThat(again).startsWith(before.toArray(String[]::new)).endsWith("14-16 t14t15");
  }

  @Test
  void resendStartsAtTheEndOfASlice() {
    makes(1);
    takesAll();
    makes(2);
    takesAll();

    output.resendFrom(11);

    assertThat(takesAll()).containsExactly("11-13 t11t12");
  }

  @Test
  void textThatCameAfterTheLastTokenIsSentAgainWithIt() {
    makes(1);
    takesAll();
    output.onTokens(11, new int[0], bytes("late"), new int[0]);
    takesAll();

    output.resendFrom(11);

    assertThat(takesAll()).containsExactly("11-11 late");
  }

  @Test
  void nothingAtOrAfterTheLimitIsTaken() {
    makes(3);

    assertThat(output.next(12, 256).map(AttemptOutputTest::describe)).contains("10-12 t10t11");
    assertThat(output.next(12, 256)).isEmpty();
  }

  private void makes(int tokens) {
    for (int i = 0; i < tokens; i++) {
      int position = output.nextPosition();
      output.onTokens(position, new int[] {position}, bytes("t" + position), new int[] {1});
    }
  }

  private List<String> takesAll() {
    List<String> slices = new ArrayList<>();
    Optional<AttemptOutput.Slice> slice = output.next(NO_LIMIT, 256);
    while (slice.isPresent()) {
      slices.add(describe(slice.get()));
      slice = output.next(NO_LIMIT, 256);
    }
    return slices;
  }

  private static String describe(AttemptOutput.Slice slice) {
    int end = slice.firstPosition() + slice.ids().length;
    return slice.firstPosition() + "-" + end + " " + slice.text();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
