package io.dgrid.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.math.BigInteger;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SchedulerConfigTest {
  @Test
  void defaultsAreAsDocumented() {
    SchedulerConfig config =
        new SmallRyeConfigBuilder()
            .withConverter(Duration.class, 200, new DurationConverter())
            .withMapping(SchedulerConfig.class)
            .build()
            .getConfigMapping(SchedulerConfig.class);

    assertThat(config.minimumStake()).isEqualTo(BigInteger.ZERO);
    assertThat(config.oracleAddress()).isEmpty();
    assertThat(config.advertisedAddress()).isEqualTo("127.0.0.1:9100");
    assertThat(config.session().heartbeat()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.session().lease()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.session().handshake()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.session().outbox()).isEqualTo(1024);
    assertThat(config.session().inbox()).isEqualTo(64);
    assertThat(config.session().openTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.session().scoreTimeout()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.attempts().fruitless()).isEqualTo(3);
    assertThat(config.attempts().lostWorkers()).isEqualTo(3);
    assertThat(config.attempts().most()).isEqualTo(16);
    assertThat(config.attempts().grace()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.attempts().adoption()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.attempts().firstChunk()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.attempts().nextChunk()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.attempts().ending()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.market().noWorkerAfter()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.market().spread()).isEmpty();
    assertThat(config.log().group()).isEqualTo("dgrid-scheduler");
    assertThat(config.log().sessionTimeout()).isEqualTo(Duration.ofSeconds(6));
    assertThat(config.log().mostLiveJobs()).isEqualTo(10_000);
    assertThat(config.log().memory()).isEqualTo(Duration.ofHours(1));
    assertThat(config.log().commitEvery()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.relay().initialWindow()).isEqualTo(64);
    assertThat(config.relay().outbox()).isEqualTo(1024);
    assertThat(config.relay().longestBackoff()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.relay().retention()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.peer().outbox()).isEqualTo(1024);
    assertThat(config.peer().longestBackoff()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.peer().refresh()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.peer().firstRefusal()).isEqualTo(Duration.ofMillis(250));
  }
}
