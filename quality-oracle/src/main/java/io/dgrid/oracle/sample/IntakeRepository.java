package io.dgrid.oracle.sample;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.oracle.NodeStanding;
import io.dgrid.oracle.OracleConfig;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;

/** Remembers every receipt with its draw, and parks the sampled ones for replay. */
@ApplicationScoped
class IntakeRepository {
  /** A receipt as the log has it, checked so far that it can be replayed. */
  record Arrival(
      ReceiptHash hash, Address node, boolean suspicious, byte[] issued, String traceparent) {}

  /** What became of it. */
  enum Draw {
    SAMPLED,
    PASSED,
    DUPLICATE
  }

  private final Pool pool;
  private final SamplingRate rate;
  private final InstantSource clock;
  private final long giveUpAfterMillis;

  IntakeRepository(Pool pool, SamplingRate rate, InstantSource clock, OracleConfig config) {
    this.pool = pool;
    this.rate = rate;
    this.clock = clock;
    this.giveUpAfterMillis = config.replay().giveUpAfter().toMillis();
  }

  /** One transaction, so that a repeated delivery neither counts nor draws again. */
  Uni<Draw> take(Arrival arrival, EpochSecret secret) {
    return pool.withTransaction(
        connection ->
            isKnown(connection, arrival)
                .chain(
                    known ->
                        known
                            ? Uni.createFrom().item(Draw.DUPLICATE)
                            : draw(connection, arrival, secret)));
  }

  private static Uni<Boolean> isKnown(SqlConnection connection, Arrival arrival) {
    return connection
        .preparedQuery("select 1 from oracle.receipt where hash = $1")
        .execute(Tuple.of(bytes(arrival.hash().toBytes())))
        .map(rows -> rows.size() > 0);
  }

  private Uni<Draw> draw(SqlConnection connection, Arrival arrival, EpochSecret secret) {
    return count(connection, arrival.node())
        .chain(
            node -> {
              int micros =
                  rate.micros(node.getLong("before"), NodeStanding.of(node).micros(clock.millis()));
              boolean sampled = arrival.suspicious() || secret.picks(arrival.hash(), micros);
              return remember(connection, arrival, secret.epoch(), micros, sampled)
                  .chain(() -> sampled ? park(connection, arrival) : Uni.createFrom().voidItem())
                  .replaceWith(sampled ? Draw.SAMPLED : Draw.PASSED);
            });
  }

  private static Uni<Row> count(SqlConnection connection, Address node) {
    return connection
        .preparedQuery(
            """
            insert into oracle.node as n (address, receipts) values ($1, 1)
            on conflict (address) do update set receipts = n.receipts + 1
            returning receipts - 1 as before, match_weight, mismatch_weight, matches, mismatches, as_of""")
        .execute(Tuple.of(bytes(node.toBytes())))
        .map(rows -> rows.iterator().next());
  }

  private Uni<Void> remember(
      SqlConnection connection, Arrival arrival, long epoch, int micros, boolean sampled) {
    return connection
        .preparedQuery(
            "insert into oracle.receipt (hash, node, epoch, rate_micros, sampled, seen_at)"
                + " values ($1, $2, $3, $4, $5, $6)")
        .execute(
            Tuple.of(
                bytes(arrival.hash().toBytes()),
                bytes(arrival.node().toBytes()),
                epoch,
                micros,
                sampled,
                clock.millis()))
        .replaceWithVoid();
  }

  private Uni<Void> park(SqlConnection connection, Arrival arrival) {
    long now = clock.millis();
    return connection
        .preparedQuery(
            "insert into oracle.replay (receipt_hash, issued, due_at, give_up_at, traceparent)"
                + " values ($1, $2, $3, $4, $5)")
        .execute(
            Tuple.of(
                bytes(arrival.hash().toBytes()),
                bytes(arrival.issued()),
                now,
                now + giveUpAfterMillis,
                arrival.traceparent()))
        .replaceWithVoid();
  }

  private static Buffer bytes(byte[] value) {
    return Buffer.buffer(value);
  }
}
