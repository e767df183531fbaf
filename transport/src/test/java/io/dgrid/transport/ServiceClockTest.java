package io.dgrid.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ServiceClockTest {
  private static final Duration HOUR = Duration.ofHours(1);

  @Test
  void isTheMachinesClockUnlessToldOtherwise() throws NoSuchMethodException {
    WithDefault byDefault = ClockConfig.class.getMethod("offset").getAnnotation(WithDefault.class);
    assertThat(byDefault.value()).isEqualTo("0s");
    assertThat(now(Duration.ZERO)).isBetween(Instant.now().minus(HOUR), Instant.now().plus(HOUR));
  }

  @Test
  void anOffsetMovesItBothWays() {
    Duration days = Duration.ofDays(2);
    assertThat(now(days)).isAfter(Instant.now().plus(HOUR));
    assertThat(now(days.negated())).isBefore(Instant.now().minus(HOUR));
  }

  private static Instant now(Duration offset) {
    return new ServiceClock().clock(() -> offset).instant();
  }
}
