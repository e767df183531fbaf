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
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

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

  /**
   * One transaction for a page of the log, so that a repeated delivery neither counts nor draws
   * again. Each receipt is drawn by what its node was before it, as if it had come alone.
   *
   * @param arrivals in the log's order, with the secret of their epoch
   * @return what became of each, in their order
   */
  Uni<List<Draw>> take(List<Arrival> arrivals, List<EpochSecret> secrets) {
    return pool.withTransaction(
        connection ->
            known(connection, arrivals).chain(known -> draw(connection, arrivals, secrets, known)));
  }

  private static Uni<Set<ReceiptHash>> known(SqlConnection connection, List<Arrival> arrivals) {
    return connection
        .preparedQuery("select hash from oracle.receipt where hash = any($1)")
        .execute(Tuple.of(column(arrivals, a -> a.hash().toBytes())))
        .map(
            rows -> {
              Set<ReceiptHash> known = new HashSet<>();
              rows.forEach(row -> known.add(ReceiptHash.of(row.getBuffer(0).getBytes())));
              return known;
            });
  }

  /** A receipt that is new, with its draw. */
  private record Drawn(Arrival arrival, long epoch, int micros, boolean sampled) {}

  private Uni<List<Draw>> draw(
      SqlConnection connection,
      List<Arrival> arrivals,
      List<EpochSecret> secrets,
      Set<ReceiptHash> known) {
    List<Integer> fresh = new ArrayList<>();
    Map<Address, Integer> counts = new TreeMap<>(Comparator.comparing(Address::toString));
    for (int i = 0; i < arrivals.size(); i++) {
      // Also those that come twice within the page.
      if (known.add(arrivals.get(i).hash())) {
        fresh.add(i);
        counts.merge(arrivals.get(i).node(), 1, Integer::sum);
      }
    }
    List<Draw> draws = new ArrayList<>(Collections.nCopies(arrivals.size(), Draw.DUPLICATE));
    if (fresh.isEmpty()) {
      return Uni.createFrom().item(draws);
    }
    return count(connection, counts)
        .chain(
            nodes -> {
              List<Drawn> drawn = new ArrayList<>();
              Map<Address, Long> before = new HashMap<>();
              for (int i : fresh) {
                Arrival arrival = arrivals.get(i);
                Row node = nodes.get(arrival.node());
                long earlier =
                    before.merge(arrival.node(), node.getLong("before"), (seen, first) -> seen + 1);
                int micros = rate.micros(earlier, NodeStanding.of(node).micros(clock.millis()));
                EpochSecret secret = secrets.get(i);
                boolean sampled = arrival.suspicious() || secret.picks(arrival.hash(), micros);
                drawn.add(new Drawn(arrival, secret.epoch(), micros, sampled));
                draws.set(i, sampled ? Draw.SAMPLED : Draw.PASSED);
              }
              List<Drawn> parked = drawn.stream().filter(Drawn::sampled).toList();
              return remember(connection, drawn)
                  .chain(
                      () ->
                          parked.isEmpty() ? Uni.createFrom().voidItem() : park(connection, parked))
                  .replaceWith(draws);
            });
  }

  /** Nodes in one order, so that no two transactions can wait for each other. */
  private static Uni<Map<Address, Row>> count(
      SqlConnection connection, Map<Address, Integer> counts) {
    return connection
        .preparedQuery(
            """
            insert into oracle.node as n (address, receipts)
            select v.address, v.receipts from unnest($1::bytea[], $2::int[]) as v (address, receipts)
            on conflict (address) do update set receipts = n.receipts + excluded.receipts
            returning address, receipts - (select v.receipts from unnest($1::bytea[], $2::int[])
                as v (address, receipts) where v.address = n.address) as before,
              match_weight, mismatch_weight, matches, mismatches, as_of""")
        .execute(
            Tuple.of(
                column(counts.keySet(), Address::toBytes), counts.values().toArray(Integer[]::new)))
        .map(
            rows -> {
              Map<Address, Row> nodes = new HashMap<>();
              rows.forEach(row -> nodes.put(Address.of(row.getBuffer("address").getBytes()), row));
              return nodes;
            });
  }

  private Uni<Void> remember(SqlConnection connection, List<Drawn> drawn) {
    return connection
        .preparedQuery(
            """
            insert into oracle.receipt (hash, node, epoch, rate_micros, sampled, seen_at)
            select v.hash, v.node, v.epoch, v.micros, v.sampled, $6
            from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::int[], $5::boolean[])
              as v (hash, node, epoch, micros, sampled)""")
        .execute(
            Tuple.tuple()
                .addValue(column(drawn, d -> d.arrival().hash().toBytes()))
                .addValue(column(drawn, d -> d.arrival().node().toBytes()))
                .addValue(drawn.stream().map(Drawn::epoch).toArray(Long[]::new))
                .addValue(drawn.stream().map(Drawn::micros).toArray(Integer[]::new))
                .addValue(drawn.stream().map(Drawn::sampled).toArray(Boolean[]::new))
                .addValue(clock.millis()))
        .replaceWithVoid();
  }

  private Uni<Void> park(SqlConnection connection, List<Drawn> sampled) {
    long now = clock.millis();
    return connection
        .preparedQuery(
            """
            insert into oracle.replay (receipt_hash, issued, due_at, give_up_at, traceparent)
            select v.hash, v.issued, $4, $5, v.traceparent
            from unnest($1::bytea[], $2::bytea[], $3::text[]) as v (hash, issued, traceparent)""")
        .execute(
            Tuple.of(
                column(sampled, d -> d.arrival().hash().toBytes()),
                column(sampled, d -> d.arrival().issued()),
                sampled.stream().map(d -> d.arrival().traceparent()).toArray(String[]::new),
                now,
                now + giveUpAfterMillis))
        .replaceWithVoid();
  }

  private static <T> Buffer[] column(Collection<T> rows, Function<T, byte[]> value) {
    return rows.stream().map(value).map(Buffer::buffer).toArray(Buffer[]::new);
  }
}
