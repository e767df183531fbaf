package io.dgrid.transport;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How this process tells the time. */
@ConfigMapping(prefix = "dgrid.clock")
public interface ClockConfig {
  /**
   * How far ahead of the machine's clock this process is; negative: behind it. For machines whose
   * clock cannot be set right, and for tests of those whose clock is wrong.
   */
  @WithDefault("0s")
  Duration offset();
}
