package io.dgrid.edge.account;

import io.dgrid.core.identity.Address;
import io.dgrid.edge.Database;
import io.dgrid.edge.EdgeConfig;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.Record;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Tuple;
import java.nio.ByteBuffer;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.jboss.logging.Logger;

/**
 * Brings accepted vouchers to {@code dgrid.voucher.v1.signed}, in order, until the broker has each.
 * Two edges may bring the same one: readers know a voucher by its hash.
 */
@ApplicationScoped
class VoucherOutbox {
  private static final Logger LOG = Logger.getLogger(VoucherOutbox.class);
  private static final int BATCH = 200;

  private final Database database;
  private final MutinyEmitter<Record<byte[], byte[]>> topic;
  private final EdgeConfig config;

  VoucherOutbox(
      Database database,
      @Channel("vouchers") MutinyEmitter<Record<byte[], byte[]>> topic,
      EdgeConfig config) {
    this.database = database;
    this.topic = topic;
    this.config = config;
  }

  @Scheduled(
      every = "1s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> flush() {
    return database
        .inTransaction(
            session ->
                session
                    .createNativeQuery(
                        "SELECT voucher_hash, client, node, record FROM edge.voucher"
                            + " WHERE NOT published ORDER BY sequence LIMIT "
                            + BATCH,
                        Tuple.class)
                    .getResultList())
        .onItem()
        .transformToMulti(rows -> Multi.createFrom().iterable(rows))
        .onItem()
        .transformToUniAndConcatenate(this::publish)
        .collect()
        .last()
        .replaceWithVoid()
        .onFailure()
        .invoke(failure -> LOG.warnf("voucher outbox waits: %s", failure.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  private Uni<Void> publish(Tuple row) {
    byte[] key =
        ByteBuffer.allocate(2 * Address.BYTES)
            .put(Address.fromHex(row.get(1, String.class)).toBytes())
            .put(Address.fromHex(row.get(2, String.class)).toBytes())
            .array();
    return topic
        .send(Record.of(key, row.get(3, byte[].class)))
        .ifNoItem()
        .after(config.timeouts().publish())
        .fail()
        .chain(
            () ->
                database.inTransaction(
                    session ->
                        session
                            .createNativeQuery(
                                "UPDATE edge.voucher SET published = true WHERE voucher_hash = :hash")
                            .setParameter("hash", row.get(0, String.class))
                            .executeUpdate()))
        .replaceWithVoid();
  }
}
