package io.dgrid.settlement.proof;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.settlement.Columns;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what was kept about a job. */
@ApplicationScoped
class EvidenceRepository {
  private static final String BY_JOB =
      """
      select r.hash, r.payload, r.batch_number, r.batch_index, d.payload as verdict, v.payload as voucher
      from settlement.receipt r
      left join settlement.verdict d on d.receipt_hash = r.hash
      left join settlement.voucher v on v.id = r.voucher_id
      where r.job_id = $1 order by r.first_position, r.attempt, r.seq limit $2
      """;

  private static final String LEAVES =
      "select hash from settlement.receipt where batch_number = $1 order by batch_index";

  private final Pool pool;

  EvidenceRepository(Pool pool) {
    this.pool = pool;
  }

  /** A receipt's place. */
  record Place(long batchNumber, int index) {}

  /** Stored bytes about one receipt. */
  record Kept(
      ReceiptHash hash,
      byte[] receipt,
      Optional<byte[]> verdict,
      Optional<byte[]> voucher,
      Optional<Place> place) {}

  /** In position order. */
  Uni<List<Kept>> receipts(JobId job, int limit) {
    return pool.preparedQuery(BY_JOB)
        .execute(Tuple.of(Columns.of(job.hash()), limit))
        .map(
            rows -> {
              List<Kept> kept = new ArrayList<>();
              rows.forEach(row -> kept.add(kept(row)));
              return kept;
            });
  }

  /** All receipts of a batch in their order. */
  Uni<List<ReceiptHash>> leaves(long batchNumber) {
    return pool.preparedQuery(LEAVES)
        .execute(Tuple.of(batchNumber))
        .map(
            rows -> {
              List<ReceiptHash> leaves = new ArrayList<>();
              rows.forEach(row -> leaves.add(new ReceiptHash(Columns.hash(row, "hash"))));
              return leaves;
            });
  }

  private static Kept kept(Row row) {
    Optional<Place> place =
        Optional.ofNullable(row.getLong("batch_number"))
            .map(number -> new Place(number, row.getInteger("batch_index")));
    return new Kept(
        new ReceiptHash(Columns.hash(row, "hash")),
        Columns.bytes(row, "payload"),
        Optional.ofNullable(row.getBuffer("verdict")).map(b -> b.getBytes()),
        Optional.ofNullable(row.getBuffer("voucher")).map(b -> b.getBytes()),
        place);
  }
}
