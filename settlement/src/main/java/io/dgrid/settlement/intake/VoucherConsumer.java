package io.dgrid.settlement.intake;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.proto.receipt.v1.SignedVoucher;
import io.dgrid.settlement.chain.ConfirmedDomain;
import io.dgrid.transport.codec.VoucherCodec;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jspecify.annotations.Nullable;

/**
 * Topic {@code dgrid.voucher.v1.signed}. A voucher with a good signature is kept as waiting; {@link
 * VoucherAcceptance} decides about it once its receipts and grant are known.
 */
@ApplicationScoped
class VoucherConsumer {
  static final String NOUN = "vouchers";

  /** Room for about 15 000 receipts in one voucher. */
  private static final int MAX_BYTES = 512 * 1024;

  private final Domain domain;
  private final VoucherRepository vouchers;
  private final VoucherAcceptance acceptance;
  private final IntakeMetrics metrics;
  private final InstantSource time;
  private final ConfirmedDomain confirmed;

  VoucherConsumer(
      Domain domain,
      VoucherRepository vouchers,
      VoucherAcceptance acceptance,
      IntakeMetrics metrics,
      InstantSource time,
      ConfirmedDomain confirmed) {
    this.domain = domain;
    this.vouchers = vouchers;
    this.acceptance = acceptance;
    this.metrics = metrics;
    this.time = time;
    this.confirmed = confirmed;
  }

  @Incoming("vouchers")
  Uni<Void> consume(ConsumerRecords<byte[], byte[]> records) {
    return confirmed
        .await()
        .chain(() -> VertxContextSupport.executeBlocking(() -> readAll(records)))
        .flatMap(good -> Persistence.retried(() -> vouchers.store(good, time.millis())))
        .flatMap(ignored -> acceptance.decideWaiting())
        .replaceWithVoid();
  }

  private List<WaitingVoucher> readAll(ConsumerRecords<byte[], byte[]> records) {
    List<WaitingVoucher> good = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      read(record.value()).ifPresent(good::add);
    }
    return good;
  }

  private Optional<WaitingVoucher> read(byte @Nullable [] record) {
    if (record == null || record.length > MAX_BYTES) {
      metrics.rejected(NOUN, "malformed", "empty or above " + MAX_BYTES + " bytes");
      return Optional.empty();
    }
    VoucherStep step;
    try {
      step = VoucherCodec.fromWire(SignedVoucher.parseFrom(record));
    } catch (InvalidProtocolBufferException | DGridException malformed) {
      metrics.rejected(NOUN, "malformed", String.valueOf(malformed.getMessage()));
      return Optional.empty();
    }
    Optional<Address> signer = step.voucher().signer(domain);
    if (signer.isEmpty()) {
      metrics.rejected(NOUN, "signature", "client " + step.voucher().statement().client());
      return Optional.empty();
    }
    return Optional.of(WaitingVoucher.of(step, signer.get(), domain, time.millis()));
  }
}
