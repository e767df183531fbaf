package io.dgrid.settlement.intake;

import io.dgrid.settlement.Columns;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Receipts, written many per statement. */
@ApplicationScoped
class ReceiptRepository {
  private static final String INSERT =
      """
      insert into settlement.receipt
        (hash, job_id, attempt, client, node, first_position, amount, request_signer, payload, received_at)
      select h, j, a, c, n, f, m::numeric, s, p, $10
      from unnest($1::bytea[], $2::bytea[], $3::int[], $4::bytea[], $5::bytea[], $6::int[], $7::text[],
                  $8::bytea[], $9::bytea[]) as t(h, j, a, c, n, f, m, s, p)
      on conflict (hash) do nothing
      """;

  private final Pool pool;

  ReceiptRepository(Pool pool) {
    this.pool = pool;
  }

  /** Keeps what is new; answers how many were. */
  Uni<Integer> store(List<CheckedReceipt> receipts, long receivedAt) {
    if (receipts.isEmpty()) {
      return Uni.createFrom().item(0);
    }
    Tuple parameters =
        Tuple.tuple()
            .addValue(Columns.bytes(receipts, r -> r.hash().toBytes()))
            .addValue(Columns.bytes(receipts, r -> r.receipt().jobId().toBytes()))
            .addValue(Columns.ints(receipts, r -> r.receipt().attempt()))
            .addValue(Columns.bytes(receipts, r -> r.receipt().client().toBytes()))
            .addValue(Columns.bytes(receipts, r -> r.receipt().node().toBytes()))
            .addValue(Columns.ints(receipts, r -> r.receipt().firstPosition()))
            .addValue(Columns.texts(receipts, r -> r.receipt().amount().toString()))
            .addValue(Columns.bytes(receipts, r -> r.requestSigner().toBytes()))
            .addValue(Columns.bytes(receipts, CheckedReceipt::payload))
            .addValue(receivedAt);
    return pool.preparedQuery(INSERT).execute(parameters).map(rows -> rows.rowCount());
  }
}
