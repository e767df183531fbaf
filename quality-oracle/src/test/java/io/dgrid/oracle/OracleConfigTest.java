package io.dgrid.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OracleConfigTest {
  @Test
  void defaultsAreThese() {
    OracleConfig config =
        new SmallRyeConfigBuilder()
            .withConverter(Duration.class, 100, new DurationConverter())
            .withMapping(OracleConfig.class)
            .withDefaultValues(
                Map.of("dgrid.oracle.key-file", "k", "dgrid.oracle.schedulers", "a:1,b:2"))
            .build()
            .getConfigMapping(OracleConfig.class);
    assertThat(config.schedulers()).containsExactly("a:1", "b:2");
    assertThat(config.sampleRate()).isZero();
    assertThat(config.deterrenceRate()).isEqualTo(0.003);
    assertThat(config.epoch()).isEqualTo(Duration.ofHours(1));
    assertThat(config.replay().inFlight()).isEqualTo(4);
    assertThat(config.replay().giveUpAfter()).isEqualTo(Duration.ofMinutes(2));
    assertThat(config.replay().openTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.replay().scoreTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.replay().firstBackoff()).isEqualTo(Duration.ofMillis(250));
    assertThat(config.replay().longestBackoff()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.replay().verifiers()).isEqualTo(3);
    assertThat(config.calibration().meanDistance()).isEqualTo(0.02);
    assertThat(config.calibration().distanceDeviation()).isEqualTo(0.06);
    assertThat(config.calibration().redrawMismatchRate()).isEqualTo(0.01);
    assertThat(config.calibration().significance()).isEqualTo(1e-4);
  }
}
