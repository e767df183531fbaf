package io.dgrid.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The queue against the definition: again and again join the leftmost pair of the best rank. */
class WordMergerPropertyTest {
  @Test
  void mergesLikeRepeatedScans() {
    for (long seed = 1; seed <= 2_000; seed++) {
      Random random = new Random(seed);
      MergeTable table = new MergeTable(12);
      Map<List<Integer>, int[]> rules = new HashMap<>();
      int tokens = 3;
      for (int rank = 0; rank < 12; rank++) {
        int left = random.nextInt(tokens);
        int right = random.nextInt(tokens);
        if (table.add(left, right, rank, tokens)) {
          rules.put(List.of(left, right), new int[] {rank, tokens});
          tokens++;
        }
      }
      int[] word = random.ints(random.nextInt(40), 0, 3).toArray();

      List<Integer> expected = scan(word, rules);

      assertThat(WordMerger.merge(table, word.clone()))
          .as("seed %d", seed)
          .containsExactly(expected.stream().mapToInt(i -> i).toArray());
    }
  }

  private static List<Integer> scan(int[] word, Map<List<Integer>, int[]> rules) {
    List<Integer> tokens = new ArrayList<>();
    for (int token : word) {
      tokens.add(token);
    }
    while (true) {
      int best = -1;
      int bestRank = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < tokens.size(); i++) {
        int[] rule = rules.get(List.of(tokens.get(i), tokens.get(i + 1)));
        if (rule != null && rule[0] < bestRank) {
          best = i;
          bestRank = rule[0];
        }
      }
      if (best < 0) {
        return tokens;
      }
      int result = rules.get(List.of(tokens.get(best), tokens.get(best + 1)))[1];
      tokens.set(best, result);
      tokens.remove(best + 1);
    }
  }
}
