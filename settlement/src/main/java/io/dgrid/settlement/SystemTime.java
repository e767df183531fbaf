package io.dgrid.settlement;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.InstantSource;

/** The one clock of the service. */
@ApplicationScoped
class SystemTime {

  @Produces
  @Singleton
  InstantSource instantSource() {
    return Clock.systemUTC();
  }
}
