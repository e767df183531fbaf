package io.dgrid.oracle.verdict;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.core.reputation.Reputation;
import io.dgrid.oracle.NodeStanding;
import io.dgrid.proto.quality.v1.SignedVerdict;
import io.dgrid.proto.worker.v1.Scores;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Verdicts and the standings folded from them; one per receipt, the first stays. */
@ApplicationScoped
class VerdictRepository {
  /** A stored verdict that the topic may not have yet. */
  record Unpublished(ReceiptHash receipt, byte[] signed) {}

  private final Pool pool;

  VerdictRepository(Pool pool) {
    this.pool = pool;
  }

  /**
   * Whether the verdict is new. Verdict, standing and the end of the replay are one transaction.
   */
  Uni<Boolean> store(Verdict verdict, SignedVerdict signed, Optional<Scores> scores) {
    return pool.withTransaction(
        connection ->
            insert(connection, verdict, signed, scores)
                .chain(
                    isNew ->
                        (isNew ? fold(connection, verdict) : Uni.createFrom().voidItem())
                            .chain(() -> endReplay(connection, verdict.receiptHash()))
                            .replaceWith(isNew)));
  }

  private static Uni<Boolean> insert(
      SqlConnection connection, Verdict verdict, SignedVerdict signed, Optional<Scores> scores) {
    return connection
        .preparedQuery(
            "insert into oracle.verdict (receipt_hash, node, result, signed, scores, decided_at)"
                + " values ($1, $2, $3, $4, $5, $6) on conflict (receipt_hash) do nothing")
        .execute(
            Tuple.of(
                Buffer.buffer(verdict.receiptHash().toBytes()),
                Buffer.buffer(verdict.node().toBytes()),
                (short) verdict.result().code(),
                Buffer.buffer(signed.toByteArray()),
                scores.map(s -> Buffer.buffer(s.toByteArray())).orElse(null),
                verdict.decidedAt()))
        .map(rows -> rows.rowCount() > 0);
  }

  private static Uni<Void> fold(SqlConnection connection, Verdict verdict) {
    Buffer node = Buffer.buffer(verdict.node().toBytes());
    return connection
        .preparedQuery("select * from oracle.node where address = $1 for update")
        .execute(Tuple.of(node))
        .map(
            rows -> rows.size() == 0 ? Reputation.UNKNOWN : NodeStanding.of(rows.iterator().next()))
        .map(before -> before.plus(verdict))
        .chain(after -> save(connection, node, after));
  }

  private static Uni<Void> save(SqlConnection connection, Buffer node, Reputation after) {
    return connection
        .preparedQuery(
            """
            insert into oracle.node
              (address, match_weight, mismatch_weight, matches, mismatches, as_of)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (address) do update set match_weight = $2, mismatch_weight = $3,
              matches = $4, mismatches = $5, as_of = $6""")
        .execute(
            Tuple.of(
                node,
                after.matchWeight(),
                after.mismatchWeight(),
                after.matches(),
                after.mismatches(),
                after.asOf()))
        .replaceWithVoid();
  }

  private static Uni<Void> endReplay(SqlConnection connection, ReceiptHash receipt) {
    return connection
        .preparedQuery("delete from oracle.replay where receipt_hash = $1")
        .execute(Tuple.of(Buffer.buffer(receipt.toBytes())))
        .replaceWithVoid();
  }

  /** The oldest verdicts that are not marked as published. */
  Uni<List<Unpublished>> unpublished(int limit) {
    return pool.preparedQuery(
            "select receipt_hash, signed from oracle.verdict where published_at is null"
                + " order by decided_at limit $1")
        .execute(Tuple.of(limit))
        .map(VerdictRepository::unpublished);
  }

  private static List<Unpublished> unpublished(RowSet<Row> rows) {
    List<Unpublished> found = new ArrayList<>(rows.size());
    for (Row row : rows) {
      found.add(
          new Unpublished(
              ReceiptHash.of(row.getBuffer(0).getBytes()), row.getBuffer(1).getBytes()));
    }
    return found;
  }

  Uni<Void> markPublished(ReceiptHash receipt, long now) {
    return pool.preparedQuery("update oracle.verdict set published_at = $2 where receipt_hash = $1")
        .execute(Tuple.of(Buffer.buffer(receipt.toBytes()), now))
        .replaceWithVoid();
  }

  /** The signed verdict's bytes. */
  Uni<Optional<byte[]>> find(ReceiptHash receipt) {
    return pool.preparedQuery("select signed from oracle.verdict where receipt_hash = $1")
        .execute(Tuple.of(Buffer.buffer(receipt.toBytes())))
        .map(
            rows ->
                rows.size() == 0
                    ? Optional.empty()
                    : Optional.of(rows.iterator().next().getBuffer(0).getBytes()));
  }

  /** Standings of the nodes that have one, by address. */
  Uni<Map<Address, Reputation>> standings() {
    return pool.query("select * from oracle.node where as_of > 0 order by address")
        .execute()
        .map(VerdictRepository::standings);
  }

  private static Map<Address, Reputation> standings(RowSet<Row> rows) {
    Map<Address, Reputation> standings = new LinkedHashMap<>();
    for (Row row : rows) {
      standings.put(Address.of(row.getBuffer("address").getBytes()), NodeStanding.of(row));
    }
    return standings;
  }
}
