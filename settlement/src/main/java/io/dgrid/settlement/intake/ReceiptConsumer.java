package io.dgrid.settlement.intake;

import io.dgrid.core.eip712.Domain;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** Topic {@code dgrid.receipt.v1.issued}. Offsets are committed after the database has the rows. */
@ApplicationScoped
class ReceiptConsumer {
  private static final String NOUN = "receipts";

  private final ReceiptCheck check;
  private final ReceiptRepository receipts;
  private final IntakeMetrics metrics;
  private final InstantSource time;

  ReceiptConsumer(
      Domain domain, ReceiptRepository receipts, IntakeMetrics metrics, InstantSource time) {
    this.check = new ReceiptCheck(domain);
    this.receipts = receipts;
    this.metrics = metrics;
    this.time = time;
  }

  @Incoming("receipts")
  Uni<Void> consume(ConsumerRecords<byte[], byte[]> records) {
    return VertxContextSupport.executeBlocking(() -> checkAll(records))
        .flatMap(good -> Persistence.retried(() -> receipts.store(good, time.millis())))
        .invoke(added -> metrics.accepted(NOUN, added))
        .replaceWithVoid();
  }

  /** On all cores: recovering signatures is what receipts cost. */
  private List<CheckedReceipt> checkAll(ConsumerRecords<byte[], byte[]> records) {
    List<ReceiptCheck.Outcome> outcomes =
        StreamSupport.stream(records.spliterator(), false).toList().parallelStream()
            .map(ConsumerRecord::value)
            .map(check::check)
            .toList();
    List<CheckedReceipt> good = new ArrayList<>(outcomes.size());
    for (ReceiptCheck.Outcome outcome : outcomes) {
      switch (outcome) {
        case ReceiptCheck.Outcome.Good(var receipt) -> good.add(receipt);
        case ReceiptCheck.Outcome.Bad(var reason, var detail) ->
            metrics.rejected(NOUN, reason, detail);
      }
    }
    return good;
  }
}
