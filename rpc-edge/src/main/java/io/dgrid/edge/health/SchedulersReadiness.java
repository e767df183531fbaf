package io.dgrid.edge.health;

import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.job.Jobs;
import io.dgrid.edge.market.OffersView;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Whether a scheduler answers, or did some seconds ago. Without one this edge still accepts (jobs
 * wait in the log) and resumes, so it stays ready and says that it is degraded. Broker and database
 * have their own checks. An edge that is shutting down is not ready, so that nobody is sent here
 * any more.
 */
@Readiness
@ApplicationScoped
class SchedulersReadiness implements AsyncHealthCheck {
  private final OffersView offers;
  private final EdgeConfig config;
  private final Jobs jobs;

  SchedulersReadiness(OffersView offers, EdgeConfig config, Jobs jobs) {
    this.jobs = jobs;
    this.offers = offers;
    this.config = config;
  }

  @Override
  public Uni<HealthCheckResponse> call() {
    HealthCheckResponseBuilder response =
        HealthCheckResponse.named("schedulers")
            .up()
            .withData("configured", config.schedulers().size());
    if (jobs.isStopping()) {
      return Uni.createFrom().item(response.down().withData("stopping", true).build());
    }
    return offers
        .all()
        .map(
            standing ->
                response.withData("degraded", false).withData("offers", standing.size()).build())
        .onFailure()
        .recoverWithItem(failure -> response.withData("degraded", true).build());
  }
}
