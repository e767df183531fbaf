package io.dgrid.scheduler.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.fixture.Jobs;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShardsTest {
  private static final ModelId HOT = new ModelId(Jobs.hash("hot"));

  @Test
  void modelIsOnOnePartitionUnlessItsSpreadIsSet() {
    Shards shards = shards(HOT.toString(), "3");

    assertThat(shards.of(HOT)).hasSize(3);
    assertThat(shards.of(Jobs.MODEL)).hasSize(1);
    assertThat(shards.spreads()).containsExactly(Map.entry(HOT, 3));
  }

  @Test
  void jobIsInOneOfItsModelsPartitions() {
    Shards shards = shards(HOT.toString(), "3");
    for (int i = 0; i < 100; i++) {
      assertThat(shards.of(HOT)).contains(shards.of(HOT, new JobId(Jobs.hash("job-" + i))));
    }
  }

  @Test
  void settingThatNamesNoModelOrNoPartitionIsRefused() {
    assertThatThrownBy(() -> shards("hot", "3")).hasMessageContaining("\"hot\" is no model id");
    assertThatThrownBy(() -> shards(HOT.toString(), "0")).hasMessageContaining("at least 1");
  }

  static Shards shards(String model, String spread) {
    SchedulerConfig config =
        new SmallRyeConfigBuilder()
            .withConverter(Duration.class, 200, new DurationConverter())
            .withMapping(SchedulerConfig.class)
            .withDefaultValues(Map.of("dgrid.scheduler.market.spread.\"" + model + "\"", spread))
            .build()
            .getConfigMapping(SchedulerConfig.class);
    return new Shards(config, new FakeLog());
  }
}
