package io.dgrid.settlement.intake;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.settlement.chain.ConfirmedDomain;
import io.dgrid.transport.trace.JobSpan;
import io.dgrid.transport.trace.JobTracer;
import io.dgrid.transport.trace.Traceparent;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.header.Header;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** Topic {@code dgrid.receipt.v1.issued}. Offsets are committed after the database has the rows. */
@ApplicationScoped
class ReceiptConsumer {
  private static final String NOUN = "receipts";

  private final ReceiptCheck check;
  private final ReceiptRepository receipts;
  private final IntakeMetrics metrics;
  private final InstantSource time;
  private final JobTracer tracer;
  private final ConfirmedDomain confirmed;

  /** A receipt that is checked and not stored yet. */
  private record Intake(JobSpan span, ReceiptCheck.Outcome outcome) {}

  ReceiptConsumer(
      Domain domain,
      ReceiptRepository receipts,
      IntakeMetrics metrics,
      InstantSource time,
      JobTracer tracer,
      ConfirmedDomain confirmed) {
    this.check = new ReceiptCheck(domain);
    this.receipts = receipts;
    this.metrics = metrics;
    this.time = time;
    this.tracer = tracer;
    this.confirmed = confirmed;
  }

  @Incoming("receipts")
  Uni<Void> consume(ConsumerRecords<byte[], byte[]> records) {
    return confirmed
        .await()
        .chain(() -> VertxContextSupport.executeBlocking(() -> checkAll(records)))
        .flatMap(this::store)
        .replaceWithVoid();
  }

  private Uni<Integer> store(List<Intake> intakes) {
    List<CheckedReceipt> good = new ArrayList<>(intakes.size());
    List<JobSpan> spans = new ArrayList<>(intakes.size());
    for (Intake intake : intakes) {
      switch (intake.outcome()) {
        case ReceiptCheck.Outcome.Good(var receipt) -> {
          good.add(receipt);
          spans.add(intake.span());
        }
        case ReceiptCheck.Outcome.Bad(var reason, var detail) -> {
          metrics.rejected(NOUN, reason, detail);
          intake.span().fail(reason);
        }
      }
    }
    return Persistence.retried(() -> receipts.store(good, time.millis()))
        .invoke(added -> metrics.accepted(NOUN, added))
        .invoke(() -> spans.forEach(span -> span.end("stored")));
  }

  /** On all cores: recovering signatures is what receipts cost. */
  private List<Intake> checkAll(ConsumerRecords<byte[], byte[]> records) {
    return StreamSupport.stream(records.spliterator(), false).toList().parallelStream()
        .map(this::check)
        .toList();
  }

  private Intake check(ConsumerRecord<byte[], byte[]> record) {
    Header header = record.headers().lastHeader(Traceparent.NAME);
    JobSpan span =
        header == null
            ? JobSpan.NONE
            : tracer.follow("receipt.intake", Traceparent.read(header.value()));
    ReceiptCheck.Outcome outcome = check.check(record.value());
    if (outcome instanceof ReceiptCheck.Outcome.Good(var checked)) {
      Receipt receipt = checked.receipt();
      span.job(receipt.jobId()).model(receipt.modelId()).attempt(receipt.attempt());
    }
    return new Intake(span, outcome);
  }
}
