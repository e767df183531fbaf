package io.dgrid.settlement.chain;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * A chain that goes away for a while does not make the service unready: it keeps taking receipts
 * and closing batches. One that was never there does, and so does a wrong chain or contract.
 */
@Readiness
@ApplicationScoped
class ChainHealth implements HealthCheck {
  private final ChainStatus status;

  ChainHealth(ChainStatus status) {
    this.status = status;
  }

  @Override
  public HealthCheckResponse call() {
    ChainStatus.State state = status.state();
    return HealthCheckResponse.named("chain")
        .status(status.isReady())
        .withData("state", state.name())
        .withData("detail", state.detail())
        .withData("since", state.since().toString())
        .withData("head", status.head())
        .withData("published", status.published())
        .build();
  }
}
