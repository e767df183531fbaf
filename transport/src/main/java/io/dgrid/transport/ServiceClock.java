package io.dgrid.transport;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.InstantSource;

/** The one clock of a process: whatever is dated or has a deadline goes by it. */
@ApplicationScoped
class ServiceClock {

  @Produces
  @Singleton
  InstantSource clock(ClockConfig config) {
    return Clock.offset(Clock.systemUTC(), config.offset());
  }
}
