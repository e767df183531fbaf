package io.dgrid.settlement;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettlementConfigTest {

  @Test
  void defaults() {
    SettlementConfig config =
        new SmallRyeConfigBuilder()
            .withMapping(SettlementConfig.class)
            .withDefaultValues(
                Map.of(
                    "dgrid.settlement.key-file", "key", "dgrid.settlement.data-directory", "data"))
            .withConverter(
                Duration.class, 200, new io.quarkus.runtime.configuration.DurationConverter())
            .build()
            .getConfigMapping(SettlementConfig.class);

    assertThat(config.keyFile()).isEqualTo(Path.of("key"));
    assertThat(config.dataDirectory()).isEqualTo(Path.of("data"));
    assertThat(config.intake().voucherWait()).isEqualTo(Duration.ofHours(1));
    assertThat(config.intake().voucherInterval()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.batch().maxReceipts()).isEqualTo(1000);
    assertThat(config.batch().maxAge()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.batch().unpaidAge()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.batch().interval()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.voucher().maxAge()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.voucher().retryAfter()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.chain().pollInterval()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.chain().callTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.chain().replaceAfter()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.chain().maxFeePerGas()).isEqualTo(500_000_000_000L);
    assertThat(config.chain().maxInFlight()).isEqualTo(8);
    assertThat(config.chain().catchUpBlocks()).isEqualTo(1000);
  }
}
