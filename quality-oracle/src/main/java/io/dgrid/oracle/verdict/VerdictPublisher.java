package io.dgrid.oracle.verdict;

import io.dgrid.oracle.verdict.VerdictRepository.Unpublished;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.Record;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.jboss.logging.Logger;

/**
 * Copies stored verdicts to the topic and marks them. Between the two a crash repeats the record:
 * consumers are idempotent by receipt hash.
 */
@ApplicationScoped
class VerdictPublisher {
  private static final Logger LOG = Logger.getLogger(VerdictPublisher.class);
  private static final int BATCH = 64;
  private static final Duration SEND_TIMEOUT = Duration.ofSeconds(30);

  private final VerdictRepository verdicts;
  private final MutinyEmitter<Record<byte[], byte[]>> topic;
  private final InstantSource clock;
  private final AtomicBoolean busy = new AtomicBoolean();

  VerdictPublisher(
      VerdictRepository verdicts,
      @Channel("verdicts") MutinyEmitter<Record<byte[], byte[]>> topic,
      InstantSource clock) {
    this.verdicts = verdicts;
    this.topic = topic;
    this.clock = clock;
  }

  /** Publishes soon; never fails. */
  void wake() {
    publishAll().subscribe().with(done -> {});
  }

  /** What a crash or an outage left behind. */
  @Scheduled(
      every = "1s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> publishAll() {
    return Uni.createFrom()
        .deferred(
            () ->
                busy.compareAndSet(false, true)
                    ? publishBatch().onTermination().invoke(() -> busy.set(false))
                    : Uni.createFrom().voidItem())
        .onFailure()
        .invoke(failure -> LOG.warnf("verdicts wait to be published: %s", failure))
        .onFailure()
        .recoverWithNull();
  }

  private Uni<Void> publishBatch() {
    return verdicts
        .unpublished(BATCH)
        .chain(
            batch ->
                Multi.createFrom()
                    .iterable(batch)
                    .onItem()
                    .transformToUniAndConcatenate(this::publish)
                    .collect()
                    .last()
                    .chain(
                        () ->
                            batch.size() == BATCH ? publishBatch() : Uni.createFrom().voidItem()));
  }

  private Uni<Void> publish(Unpublished verdict) {
    return topic
        .send(Record.of(verdict.receipt().toBytes(), verdict.signed()))
        .ifNoItem()
        .after(SEND_TIMEOUT)
        .fail()
        .chain(() -> verdicts.markPublished(verdict.receipt(), clock.millis()));
  }
}
