package io.dgrid.oracle.replay;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Without a scheduler no receipt can be replayed. */
@Readiness
class SchedulerHealth implements HealthCheck {
  private final FleetClient fleet;

  SchedulerHealth(FleetClient fleet) {
    this.fleet = fleet;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("scheduler connection").status(fleet.connected()).build();
  }
}
