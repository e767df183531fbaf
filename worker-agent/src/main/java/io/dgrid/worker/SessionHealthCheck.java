package io.dgrid.worker;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready is: the engine is loaded and jobs can come. */
@Readiness
@ApplicationScoped
class SessionHealthCheck implements HealthCheck {
  private final WorkerProcess process;

  SessionHealthCheck(WorkerProcess process) {
    this.process = process;
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder response = HealthCheckResponse.named("worker session");
    return process
        .agent()
        .map(
            agent ->
                agent.isReady()
                    ? response.up()
                    : response.down().withData("reason", agent.unreadiness()))
        .orElseGet(() -> response.down().withData("reason", "starting"))
        .build();
  }
}
