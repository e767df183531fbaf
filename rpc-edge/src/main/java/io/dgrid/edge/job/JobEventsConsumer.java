package io.dgrid.edge.job;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.edge.market.PriceRepository;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.transport.codec.Wire;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/**
 * Books what the log says. Each record is booked by one edge of the group; every booking is
 * idempotent, so redelivery changes nothing. A database outage holds the partition; an end that
 * cannot be booked is kept and tried again, a record that cannot be read is counted and skipped.
 */
@ApplicationScoped
class JobEventsConsumer {
  private static final Logger LOG = Logger.getLogger(JobEventsConsumer.class);

  private final JobRepository jobs;
  private final UnbookedEnds unbooked;
  private final PriceRepository prices;
  private final MeterRegistry metrics;

  JobEventsConsumer(
      JobRepository jobs, UnbookedEnds unbooked, PriceRepository prices, MeterRegistry metrics) {
    this.jobs = jobs;
    this.unbooked = unbooked;
    this.prices = prices;
    this.metrics = metrics;
  }

  @Incoming("job-events")
  Uni<Void> consume(byte[] record) {
    return Uni.createFrom()
        .deferred(() -> book(record))
        .onFailure(JobEventsConsumer::isOutage)
        .retry()
        .withBackOff(Duration.ofMillis(200), Duration.ofSeconds(5))
        .indefinitely()
        .onFailure()
        .recoverWithUni(this::skip);
  }

  private Uni<Void> book(byte[] record) {
    JobTransition transition = parse(record);
    JobId job = Wire.jobId(transition.getJobId());
    if (transition.hasGranted()) {
      int attempt = transition.getGranted().getAttempt();
      return jobs.markRunning(job, attempt).chain(() -> prices.record(transition));
    }
    Optional<JobEvent> terminal = Terminals.of(transition);
    return terminal.isEmpty() ? Uni.createFrom().voidItem() : end(job, terminal.get());
  }

  private Uni<Void> end(JobId job, JobEvent terminal) {
    return jobs.end(job, terminal)
        .replaceWithVoid()
        .onFailure(failure -> !isOutage(failure))
        .recoverWithUni(failure -> unbooked.keep(job, terminal, failure));
  }

  private static JobTransition parse(byte[] record) {
    try {
      return JobTransition.parseFrom(record);
    } catch (InvalidProtocolBufferException poison) {
      throw Wire.invalid("record", "a JobTransition");
    }
  }

  private Uni<Void> skip(Throwable failure) {
    LOG.errorf(failure, "record of dgrid.job.v1.events skipped");
    metrics.counter("dgrid.edge.records.skipped", "topic", "job-events").increment();
    return Uni.createFrom().voidItem();
  }

  private static boolean isOutage(Throwable failure) {
    return failure instanceof DGridException coded && coded.retryable();
  }
}
