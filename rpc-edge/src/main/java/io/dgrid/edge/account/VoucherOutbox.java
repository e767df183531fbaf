package io.dgrid.edge.account;

import io.dgrid.core.identity.Address;
import io.dgrid.edge.Columns;
import io.dgrid.edge.Database;
import io.dgrid.edge.EdgeConfig;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.Record;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;
import org.jboss.logging.Logger;

/**
 * Brings accepted vouchers to {@code dgrid.voucher.v1.signed}, in order, until the broker has each.
 * Two edges may bring the same one: readers know a voucher by its hash.
 */
@ApplicationScoped
class VoucherOutbox {
  private static final Logger LOG = Logger.getLogger(VoucherOutbox.class);
  private static final int BATCH = 1000;

  private final Database database;
  private final MutinyEmitter<Record<byte[], byte[]>> topic;
  private final EdgeConfig config;

  VoucherOutbox(
      Database database,
      @Channel("vouchers") @OnOverflow(value = OnOverflow.Strategy.BUFFER, bufferSize = 2 * BATCH)
          MutinyEmitter<Record<byte[], byte[]>> topic,
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
        .query(
            "SELECT voucher_hash, client, node, record FROM edge.voucher"
                + " WHERE NOT published ORDER BY sequence LIMIT $1",
            Tuple.of(BATCH))
        .chain(
            rows ->
                rows.size() == 0
                    ? Uni.createFrom().voidItem()
                    : publish(Columns.list(rows, r -> r)))
        .onFailure()
        .invoke(failure -> LOG.warnf("voucher outbox waits: %s", failure.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  /** Sent in their order; the producer is idempotent and keeps it. */
  private Uni<Void> publish(List<Row> vouchers) {
    return Uni.join()
        .all(vouchers.stream().map(this::send).toList())
        .andFailFast()
        .ifNoItem()
        .after(config.timeouts().publish())
        .fail()
        .chain(
            () ->
                database.query(
                    "UPDATE edge.voucher SET published = true WHERE voucher_hash = ANY($1)",
                    Tuple.of(Columns.texts(vouchers, row -> row.getString("voucher_hash")))))
        .replaceWithVoid();
  }

  private Uni<Void> send(Row voucher) {
    byte[] key =
        ByteBuffer.allocate(2 * Address.BYTES)
            .put(Address.fromHex(voucher.getString("client")).toBytes())
            .put(Address.fromHex(voucher.getString("node")).toBytes())
            .array();
    return topic.send(Record.of(key, Columns.bytes(voucher, "record")));
  }
}
