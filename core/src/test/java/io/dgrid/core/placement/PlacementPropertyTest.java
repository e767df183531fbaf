package io.dgrid.core.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PlacementPropertyTest {
  private static final int ROUNDS = 2_000;

  private final long seed = Long.getLong("dgrid.test.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @BeforeEach
  void printSeed() {
    System.out.println("seed " + seed);
  }

  @Test
  void jobIsAlwaysInOneOfItsModelsPartitions() {
    for (int i = 0; i < ROUNDS; i++) {
      Placement placement = new Placement(1 + random.nextInt(64));
      int spread = random.nextInt(100);
      ModelId model = model();

      int partition = placement.partition(model, Placement.shard(job(), spread));

      assertThat(placement.partitions(model, spread)).contains(partition);
    }
  }

  @Test
  void modelHasAsManyPartitionsAsItsSpreadAndNeverMoreThanThereAre() {
    for (int i = 0; i < ROUNDS; i++) {
      int partitions = 1 + random.nextInt(64);
      int spread = 1 + random.nextInt(100);

      assertThat(new Placement(partitions).partitions(model(), spread))
          .hasSize(Math.min(spread, partitions))
          .allMatch(each -> each >= 0 && each < partitions);
    }
  }

  @Test
  void widerSpreadKeepsThePartitionsOfANarrowerOne() {
    for (int i = 0; i < ROUNDS; i++) {
      Placement placement = new Placement(1 + random.nextInt(64));
      ModelId model = model();
      int spread = 1 + random.nextInt(64);

      assertThat(placement.partitions(model, spread + 1 + random.nextInt(8)))
          .containsAll(placement.partitions(model, spread));
    }
  }

  @Test
  void withSpreadOneEveryJobIsInTheModelsFirstPartition() {
    Placement placement = new Placement(8);
    ModelId model = model();
    for (int i = 0; i < ROUNDS; i++) {
      assertThat(Placement.shard(job(), 1)).isZero();
    }
    assertThat(placement.partitions(model, 1)).containsExactly(placement.partition(model, 0));
  }

  @Test
  void jobsFallEvenlyOverTheShards() {
    Map<Integer, Integer> jobs = new HashMap<>();
    for (int i = 0; i < 8_000; i++) {
      jobs.merge(Placement.shard(job(), 8), 1, Integer::sum);
    }

    assertThat(jobs)
        .hasSize(8)
        .allSatisfy((shard, count) -> assertThat(count).isBetween(800, 1_200));
  }

  /** Computed with Kafka's own Utils.murmur2; the scheduler's tests compare many more. */
  @Test
  void modelIsWhereKafkasProducersPutIt() {
    ModelId zero = ModelId.fromHex("00".repeat(32));

    assertThat(new Placement(1_000_000).partition(zero, 0)).isEqualTo(818_374);
  }

  @Test
  void topicWithoutPartitionsIsNone() {
    assertThatThrownBy(() -> new Placement(0)).isInstanceOf(IllegalArgumentException.class);
  }

  private ModelId model() {
    return ModelId.of(bytes());
  }

  private JobId job() {
    return JobId.of(bytes());
  }

  private byte[] bytes() {
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    return bytes;
  }
}
