package io.dgrid.oracle.sample;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.core.receipt.ReceiptRules.Violation;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.oracle.sample.IntakeRepository.Arrival;
import io.dgrid.oracle.sample.IntakeRepository.Draw;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.trace.Traceparent;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.header.Header;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/**
 * Takes receipts from the log. A record is acknowledged once it is counted and, when sampled,
 * parked in the database; a database outage holds the log, it loses nothing.
 */
@ApplicationScoped
class ReceiptConsumer {
  private static final Logger LOG = Logger.getLogger(ReceiptConsumer.class);
  private static final Duration FIRST_RETRY = Duration.ofMillis(200);
  private static final Duration LONGEST_RETRY = Duration.ofSeconds(5);

  /** Of offers, above all: each stands for many receipts. */
  private static final int REMEMBERED_SIGNERS = 1024;

  private final EpochRepository epochs;
  private final IntakeRepository intake;
  private final Domain domain;
  private final SignerCache signers = new SignerCache(REMEMBERED_SIGNERS);
  private final Event<ReplayParked> parked;
  private final MeterRegistry metrics;

  ReceiptConsumer(
      EpochRepository epochs,
      IntakeRepository intake,
      Domain domain,
      Event<ReplayParked> parked,
      MeterRegistry metrics) {
    this.epochs = epochs;
    this.intake = intake;
    this.domain = domain;
    this.parked = parked;
    this.metrics = metrics;
  }

  @Incoming("receipts")
  Uni<Void> take(ConsumerRecords<byte[], byte[]> records) {
    List<Arrival> arrivals = new ArrayList<>();
    List<Long> epochsOf = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      Optional<Arrival> arrival = read(record);
      if (arrival.isEmpty()) {
        count("refused");
      } else {
        arrivals.add(arrival.get());
        epochsOf.add(epochs.epochAt(record.timestamp()));
      }
    }
    if (arrivals.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return secrets(epochsOf)
        .chain(secrets -> intake.take(arrivals, secrets))
        .onFailure()
        .invoke(
            failure -> LOG.warnf("%d receipts wait for the database: %s", arrivals.size(), failure))
        .onFailure()
        .retry()
        .withBackOff(FIRST_RETRY, LONGEST_RETRY)
        .indefinitely()
        .invoke(this::report)
        .replaceWithVoid();
  }

  private Uni<List<EpochSecret>> secrets(List<Long> epochsOf) {
    List<Long> distinct = epochsOf.stream().distinct().toList();
    return Uni.join()
        .all(distinct.stream().map(epochs::secretOf).toList())
        .andFailFast()
        .map(
            secrets ->
                epochsOf.stream().map(epoch -> secrets.get(distinct.indexOf(epoch))).toList());
  }

  /**
   * Empty for what nobody can be held to: a record that cannot be read, or a receipt that its node
   * did not sign. Judging those would let a forger ruin the node's standing.
   */
  private Optional<Arrival> read(ConsumerRecord<byte[], byte[]> record) {
    try {
      byte[] value = record.value();
      if (value == null) {
        return Optional.empty();
      }
      IssuedReceipt issued =
          ReceiptCodec.fromWire(io.dgrid.proto.receipt.v1.IssuedReceipt.parseFrom(value));
      List<Violation> violations = ReceiptRules.violations(issued, domain, signers);
      if (violations.contains(Violation.RECEIPT_SIGNATURE)) {
        LOG.warnf("refused a receipt at offset %d: not signed by its node", record.offset());
        return Optional.empty();
      }
      return Optional.of(
          new Arrival(
              issued.receipt().statement().hash(domain),
              issued.receipt().statement().node(),
              !violations.isEmpty(),
              value,
              traceparent(record)));
    } catch (InvalidProtocolBufferException | DGridException malformed) {
      LOG.warnf("refused a record at offset %d: %s", record.offset(), malformed.getMessage());
      return Optional.empty();
    }
  }

  private static String traceparent(ConsumerRecord<byte[], byte[]> record) {
    Header header = record.headers().lastHeader(Traceparent.NAME);
    return header == null ? "" : Traceparent.read(header.value());
  }

  private void report(List<Draw> draws) {
    draws.forEach(draw -> count(draw.name().toLowerCase(Locale.ROOT)));
    if (draws.contains(Draw.SAMPLED)) {
      parked.fire(new ReplayParked());
    }
  }

  private void count(String outcome) {
    metrics.counter("dgrid.oracle.receipts", "outcome", outcome).increment();
  }
}
