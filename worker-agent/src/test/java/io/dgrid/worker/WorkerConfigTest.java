package io.dgrid.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.worker.engine.openai.Dialect;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorkerConfigTest {

  @Test
  void pinsTheDefaults() {
    WorkerConfig config =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(WorkerConfig.class)
            .withConverter(Duration.class, 200, DurationText::read)
            .withSources(
                new PropertiesConfigSource(
                    Map.of(
                        "dgrid.worker.schedulers", "a:1,b:2",
                        "dgrid.worker.key-file", "/keys/node",
                        "dgrid.worker.price-input", "1",
                        "dgrid.worker.price-output", "2"),
                    "test",
                    100))
            .build()
            .getConfigMapping(WorkerConfig.class);
    assertThat(config.schedulers()).isEqualTo(List.of("a:1", "b:2"));
    assertThat(config.name()).isEmpty();
    assertThat(config.dataDirectory()).isEqualTo(Path.of("data/worker"));
    assertThat(config.engine()).isEqualTo(WorkerConfig.EngineKind.EMBEDDED);
    assertThat(config.model()).isEqualTo("dgrid/demo-1m");
    assertThat(config.slots()).isEqualTo(2);
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.offer().validity()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.offer().renewal()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.receipts().retention()).isEqualTo(Duration.ofDays(7));
    assertThat(config.receipts().maxBytes()).isEqualTo(256L << 20);
    assertThat(config.receipts().segmentBytes()).isEqualTo(8L << 20);
    assertThat(config.scoring().enabled()).isTrue();
    assertThat(config.scoring().queue()).isEqualTo(8);
    assertThat(config.scoring().timeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(config.embedded().weights()).isEmpty();
    assertThat(config.embedded().modelDirectory()).isEmpty();
    assertThat(config.embedded().verifyWeights()).isTrue();
    assertThat(config.openai().url()).isEmpty();
    assertThat(config.openai().dialect()).isEqualTo(Dialect.VLLM);
    assertThat(config.openai().connectTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.openai().idleTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.openai().answerTimeout()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.openai().scoring()).isFalse();
  }

  /** The short form of durations, which the framework's converter reads in the process. */
  private static final class DurationText {
    private static Duration read(String text) {
      boolean days = text.endsWith("d");
      return Duration.parse((days ? "P" : "PT") + text);
    }
  }
}
