package io.dgrid.settlement.intake;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.proto.quality.v1.SignedVerdict;
import io.dgrid.settlement.chain.ConfirmedDomain;
import io.dgrid.settlement.chain.Oracles;
import io.dgrid.transport.codec.VerdictCodec;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jspecify.annotations.Nullable;

/**
 * Topic {@code dgrid.verdict.v1.issued}: kept for the audit bundle, the newest per receipt that an
 * oracle signed.
 */
@ApplicationScoped
class VerdictConsumer {
  private static final String NOUN = "verdicts";

  private final Domain domain;
  private final VerdictRepository verdicts;
  private final Oracles oracles;
  private final IntakeMetrics metrics;
  private final ConfirmedDomain confirmed;

  VerdictConsumer(
      Domain domain,
      VerdictRepository verdicts,
      Oracles oracles,
      IntakeMetrics metrics,
      ConfirmedDomain confirmed) {
    this.domain = domain;
    this.oracles = oracles;
    this.verdicts = verdicts;
    this.metrics = metrics;
    this.confirmed = confirmed;
  }

  /** A verdict with the key that signed it. */
  record KeptVerdict(Verdict verdict, Address signer, byte[] payload) {}

  @Incoming("verdicts")
  Uni<Void> consume(ConsumerRecords<byte[], byte[]> records) {
    return confirmed
        .await()
        .chain(() -> VertxContextSupport.executeBlocking(() -> readAll(records)))
        .flatMap(
            read ->
                oracles
                    .among(read.stream().map(KeptVerdict::signer).toList())
                    .map(known -> newest(read, known)))
        .flatMap(good -> Persistence.retried(() -> verdicts.store(good)))
        .invoke(added -> metrics.accepted(NOUN, added))
        .replaceWithVoid();
  }

  private List<KeptVerdict> readAll(ConsumerRecords<byte[], byte[]> records) {
    List<KeptVerdict> all = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      KeptVerdict read = read(record.value());
      if (read != null) {
        all.add(read);
      }
    }
    return all;
  }

  /** One statement must not touch a row twice, so the newest per receipt is chosen here. */
  private Collection<KeptVerdict> newest(List<KeptVerdict> read, Set<Address> known) {
    Map<Object, KeptVerdict> newest = new HashMap<>();
    for (KeptVerdict each : read) {
      if (known.contains(each.signer())) {
        newest.merge(
            each.verdict().receiptHash(),
            each,
            (a, b) -> a.verdict().decidedAt() >= b.verdict().decidedAt() ? a : b);
      } else {
        // Otherwise anybody's newer word would replace the oracle's.
        metrics.rejected(NOUN, "not_an_oracle", each.signer().toString());
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
      Optional<Address> signer = signed.signer(domain);
      if (signer.isEmpty()) {
        metrics.rejected(NOUN, "signature", "receipt " + signed.statement().receiptHash());
        return null;
      }
      return new KeptVerdict(signed.statement(), signer.get(), wire.toByteArray());
    } catch (InvalidProtocolBufferException | DGridException malformed) {
      metrics.rejected(NOUN, "malformed", String.valueOf(malformed.getMessage()));
      return null;
    }
  }
}
