package io.dgrid.scheduler.log;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready when the broker answers and this instance has its share of the partitions, which is none
 * when there are more instances than partitions.
 */
@Readiness
@Singleton
class LogHealth implements HealthCheck {
  private final Admin admin;
  private final SubmissionConsumer submissions;

  LogHealth(KafkaClients clients, SubmissionConsumer submissions) {
    this.admin = clients.admin();
    this.submissions = submissions;
  }

  @Override
  public HealthCheckResponse call() {
    boolean broker = brokerAnswers();
    boolean share = submissions.hasItsShare();
    return HealthCheckResponse.named("log")
        .withData("broker", broker)
        .withData("share", share)
        .withData("partitions", submissions.partitions())
        .status(broker && share)
        .build();
  }

  private boolean brokerAnswers() {
    try {
      admin.describeCluster().nodes().get(2, TimeUnit.SECONDS);
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException | TimeoutException unreachable) {
      return false;
    }
  }

  @PreDestroy
  void close() {
    admin.close();
  }
}
