package io.dgrid.edge.job;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.edge.market.PriceRepository;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.Wire;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  Uni<Void> consume(List<byte[]> records) {
    Page page = page(records);
    return Uni.createFrom()
        .deferred(() -> book(page))
        .onFailure(JobEventsConsumer::isOutage)
        .retry()
        .withBackOff(Duration.ofMillis(200), Duration.ofSeconds(5))
        .indefinitely()
        .onFailure()
        .invoke(this::skipped)
        .onFailure()
        .recoverWithNull();
  }

  /** What some records say; of a job with several ends only the first counts. */
  private record Page(
      Map<JobId, Integer> attempts, List<JobTransition> grants, Map<JobId, JobEvent> ends) {}

  private Page page(List<byte[]> records) {
    Page page = new Page(new LinkedHashMap<>(), new ArrayList<>(), new LinkedHashMap<>());
    for (byte[] record : records) {
      try {
        JobTransition transition = parse(record);
        JobId job = Wire.jobId(transition.getJobId());
        if (transition.hasGranted()) {
          page.attempts().merge(job, transition.getGranted().getAttempt(), Math::max);
          OfferCodec.fromWire(transition.getGranted().getOffer().getOffer());
          page.grants().add(transition);
        }
        Terminals.of(transition).ifPresent(end -> page.ends().putIfAbsent(job, end));
      } catch (DGridException poison) {
        skipped(poison);
      }
    }
    return page;
  }

  private Uni<Void> book(Page page) {
    Uni<Void> granted =
        page.attempts().isEmpty() ? Uni.createFrom().voidItem() : jobs.markRunning(page.attempts());
    Uni<Void> priced =
        page.grants().isEmpty() ? Uni.createFrom().voidItem() : prices.record(page.grants());
    return granted.chain(() -> priced).chain(() -> end(page.ends()));
  }

  /** Most ends are booked already, by the edge that streamed them. */
  private Uni<Void> end(Map<JobId, JobEvent> ends) {
    if (ends.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return jobs.live(ends.keySet())
        .chain(
            live ->
                live.isEmpty()
                    ? Uni.createFrom().voidItem()
                    : Uni.join()
                        .all(live.stream().map(job -> end(job, ends.get(job))).toList())
                        .andFailFast()
                        .replaceWithVoid());
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

  private void skipped(Throwable failure) {
    LOG.errorf(failure, "record of dgrid.job.v1.events skipped");
    metrics.counter("dgrid.edge.records.skipped", "topic", "job-events").increment();
  }

  private static boolean isOutage(Throwable failure) {
    return failure instanceof DGridException coded && coded.retryable();
  }
}
