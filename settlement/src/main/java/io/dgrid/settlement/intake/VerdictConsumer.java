package io.dgrid.settlement.intake;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.proto.quality.v1.SignedVerdict;
import io.dgrid.transport.codec.VerdictCodec;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jspecify.annotations.Nullable;

/** Topic {@code dgrid.verdict.v1.issued}: kept for the audit bundle, the newest per receipt. */
@ApplicationScoped
class VerdictConsumer {
  private static final String NOUN = "verdicts";

  private final Domain domain;
  private final VerdictRepository verdicts;
  private final IntakeMetrics metrics;

  VerdictConsumer(Domain domain, VerdictRepository verdicts, IntakeMetrics metrics) {
    this.domain = domain;
    this.verdicts = verdicts;
    this.metrics = metrics;
  }

  /** A verdict whose signature fits some key; who reads it compares that with the oracle's. */
  record KeptVerdict(Verdict verdict, byte[] payload) {}

  @Incoming("verdicts")
  Uni<Void> consume(ConsumerRecords<byte[], byte[]> records) {
    return VertxContextSupport.executeBlocking(() -> readAll(records))
        .flatMap(good -> Persistence.retried(() -> verdicts.store(good)))
        .invoke(added -> metrics.accepted(NOUN, added))
        .replaceWithVoid();
  }

  private Collection<KeptVerdict> readAll(ConsumerRecords<byte[], byte[]> records) {
    // One statement must not touch a row twice, so the newest per receipt is chosen here.
    Map<Object, KeptVerdict> newest = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      KeptVerdict read = read(record.value());
      if (read != null) {
        newest.merge(
            read.verdict().receiptHash(),
            read,
            (a, b) -> a.verdict().decidedAt() >= b.verdict().decidedAt() ? a : b);
      }
    }
    return newest.values();
  }

  private @Nullable KeptVerdict read(byte @Nullable [] record) {
    if (record == null || record.length > ReceiptCheck.MAX_BYTES) {
      metrics.rejected(NOUN, "malformed", "empty or too large");
      return null;
    }
    try {
      SignedVerdict wire = SignedVerdict.parseFrom(record);
      Signed<Verdict> signed = VerdictCodec.fromWire(wire);
      if (signed.signer(domain).isEmpty()) {
        metrics.rejected(NOUN, "signature", "receipt " + signed.statement().receiptHash());
        return null;
      }
      return new KeptVerdict(signed.statement(), wire.toByteArray());
    } catch (InvalidProtocolBufferException | DGridException malformed) {
      metrics.rejected(NOUN, "malformed", String.valueOf(malformed.getMessage()));
      return null;
    }
  }
}
