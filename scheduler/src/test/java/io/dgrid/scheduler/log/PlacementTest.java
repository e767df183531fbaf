package io.dgrid.scheduler.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.ModelId;
import io.dgrid.core.placement.Placement;
import io.dgrid.transport.codec.SubmissionKey;
import java.util.Random;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

/** What {@code core} computes without Kafka is what Kafka's producers do. */
class PlacementTest {
  @Test
  void firstShardIsWhereTheDefaultPartitionerPutsTheModel() {
    Random random = new Random(7);
    for (int i = 0; i < 10_000; i++) {
      byte[] id = new byte[32];
      random.nextBytes(id);
      int partitions = 1 + random.nextInt(100);

      assertThat(new Placement(partitions).partition(ModelId.of(id), 0))
          .isEqualTo(Utils.toPositive(Utils.murmur2(id)) % partitions);
    }
  }

  @Test
  void keyNamesThePartition() {
    ModelId model = ModelId.of(new byte[32]);
    Placement placement = new Placement(8);

    assertThat(SubmissionKey.of(model, 0)).isEqualTo(model.toBytes());
    for (int shard = 0; shard < 20; shard++) {
      assertThat(SubmissionKey.partition(SubmissionKey.of(model, shard), 8))
          .isEqualTo(placement.partition(model, shard));
    }
  }
}
