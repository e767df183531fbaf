package io.dgrid.scheduler.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.money.Price;
import java.util.ArrayList;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The indexed line gives what walking along it gives, whoever came and went before. */
class WaitingLinePropertyTest {
  private final long seed = Long.getLong("dgrid.test.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @Test
  void sameAsWalkingAlong() {
    for (int round = 0; round < 50; round++) {
      WaitingLine<Long> line = new WaitingLine<>();
      Map<Long, Price> plain = new TreeMap<>();
      for (int step = 0; step < 300; step++) {
        long place = random.nextInt(80);
        if (plain.containsKey(place) || random.nextInt(5) == 0) {
          assertThat(line.remove(place)).as("seed %d", seed).isEqualTo(plain.remove(place) != null);
        } else {
          Price pays = Price.of(random.nextInt(6));
          line.add(place, pays, place);
          plain.put(place, pays);
        }
        compare(line, plain);
      }
    }
  }

  private void compare(WaitingLine<Long> line, Map<Long, Price> plain) {
    Price asked = Price.of(random.nextInt(7));
    long place = random.nextInt(80);
    assertThat(line.first(asked))
        .as("seed %d", seed)
        .isEqualTo(
            plain.entrySet().stream()
                .filter(entry -> entry.getValue().compareTo(asked) >= 0)
                .map(Map.Entry::getKey)
                .findFirst());
    assertThat(line.ahead(place, asked))
        .as("seed %d", seed)
        .isEqualTo(
            (int)
                plain.entrySet().stream()
                    .filter(other -> other.getKey() < place)
                    .filter(other -> other.getValue().compareTo(asked) >= 0)
                    .count());
    assertThat(line.all()).as("seed %d", seed).isEqualTo(new ArrayList<>(plain.keySet()));
    assertThat(line.size()).isEqualTo(plain.size());
    assertThat(line.isEmpty()).isEqualTo(plain.isEmpty());
  }
}
