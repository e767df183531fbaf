package io.dgrid.edge;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;

/** The settings with nothing set but what has no default. */
public final class TestConfig {
  private TestConfig() {}

  public static EdgeConfig defaults() {
    return new SmallRyeConfigBuilder()
        .withMapping(EdgeConfig.class)
        .addDefaultInterceptors()
        .addDiscoveredConverters()
        .withConverter(
            java.time.Duration.class, 200, new io.quarkus.runtime.configuration.DurationConverter())
        .withDefaultValues(
            Map.of(
                "dgrid.edge.key-file", "/key",
                "dgrid.edge.relay-address", "127.0.0.1:9000",
                "dgrid.edge.schedulers", "127.0.0.1:9100"))
        .build()
        .getConfigMapping(EdgeConfig.class);
  }
}
