package io.dgrid.edge.account;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.error.DGridException;
import io.dgrid.proto.settlement.v1.Movement;
import io.dgrid.transport.codec.Wire;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/**
 * Follows {@code dgrid.chain.v1.movements}. Waits out a database outage, skips what it cannot read.
 */
@ApplicationScoped
class MovementsConsumer {
  private static final Logger LOG = Logger.getLogger(MovementsConsumer.class);

  private final ChainMirror mirror;
  private final MeterRegistry metrics;

  MovementsConsumer(ChainMirror mirror, MeterRegistry metrics) {
    this.mirror = mirror;
    this.metrics = metrics;
  }

  @Incoming("movements")
  Uni<Void> consume(byte[] record) {
    return Uni.createFrom()
        .deferred(() -> mirror.apply(parse(record)))
        .onFailure(MovementsConsumer::isOutage)
        .retry()
        .withBackOff(Duration.ofMillis(200), Duration.ofSeconds(5))
        .indefinitely()
        .onFailure()
        .recoverWithUni(this::skip);
  }

  private static Movement parse(byte[] record) {
    try {
      return Movement.parseFrom(record);
    } catch (InvalidProtocolBufferException poison) {
      throw Wire.invalid("record", "a Movement");
    }
  }

  private Uni<Void> skip(Throwable failure) {
    LOG.errorf(failure, "record of dgrid.chain.v1.movements skipped");
    metrics.counter("dgrid.edge.records.skipped", "topic", "movements").increment();
    return Uni.createFrom().voidItem();
  }

  private static boolean isOutage(Throwable failure) {
    return failure instanceof DGridException coded && coded.retryable();
  }
}
