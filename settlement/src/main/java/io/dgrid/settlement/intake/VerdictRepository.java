package io.dgrid.settlement.intake;

import io.dgrid.settlement.Columns;
import io.dgrid.settlement.intake.VerdictConsumer.KeptVerdict;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;

/** The newest verdict of each receipt. */
@ApplicationScoped
class VerdictRepository {
  private static final String UPSERT =
      """
      insert into settlement.verdict as v (receipt_hash, decided_at, payload)
      select * from unnest($1::bytea[], $2::bigint[], $3::bytea[])
      on conflict (receipt_hash) do update
        set decided_at = excluded.decided_at, payload = excluded.payload
        where excluded.decided_at > v.decided_at
      """;

  private final Pool pool;

  VerdictRepository(Pool pool) {
    this.pool = pool;
  }

  /**
   * @param verdicts at most one per receipt; answers how many changed something
   */
  Uni<Integer> store(Collection<KeptVerdict> verdicts) {
    if (verdicts.isEmpty()) {
      return Uni.createFrom().item(0);
    }
    Tuple parameters =
        Tuple.tuple()
            .addValue(Columns.bytes(verdicts, v -> v.verdict().receiptHash().toBytes()))
            .addValue(Columns.longs(verdicts, v -> v.verdict().decidedAt()))
            .addValue(Columns.bytes(verdicts, KeptVerdict::payload));
    return pool.preparedQuery(UPSERT).execute(parameters).map(RowSet::rowCount);
  }
}
