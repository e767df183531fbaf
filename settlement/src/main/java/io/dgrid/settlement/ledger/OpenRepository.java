package io.dgrid.settlement.ledger;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.receipt.v1.IssuedReceipt;
import io.dgrid.settlement.Columns;
import io.dgrid.settlement.batch.OpenReceipt;
import io.dgrid.transport.codec.ReceiptCodec;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the next batch can be made of. */
@ApplicationScoped
class OpenRepository {
  private static final String PAID =
      """
      select seq, hash, payload, covered_at as due from settlement.receipt
      where batch_number is null and covered_at is not null order by seq limit $1
      """;

  /**
   * Receipts no voucher covers, whose time has come anyway. The request must be signed by the
   * client or a key it granted at some time: a stranger's request does not reach the chain.
   */
  private static final String UNPAID =
      """
      select r.seq, r.hash, r.payload, r.received_at + $2::bigint as due from settlement.receipt r
      where r.batch_number is null and r.covered_at is null and r.received_at <= $3::bigint
        and (r.request_signer = r.client
             or exists (select 1 from settlement.key_grant g
                        where g.client = r.client and g.key = r.request_signer))
      order by r.received_at limit $1
      """;

  private static final String OLDEST =
      """
      select min(covered_at) as oldest from settlement.receipt
      where batch_number is null and covered_at is not null
      """;

  private final Pool pool;

  OpenRepository(Pool pool) {
    this.pool = pool;
  }

  /** Raw rows of at most {@code limit} due receipts; parsing them costs time, so it comes later. */
  Uni<List<DueReceipt>> due(int limit, long now, long unpaidAfter) {
    return pool.preparedQuery(PAID)
        .execute(Tuple.of(limit))
        .map(OpenRepository::rows)
        .flatMap(
            paid ->
                paid.size() >= limit
                    ? Uni.createFrom().item(paid)
                    : pool.preparedQuery(UNPAID)
                        .execute(Tuple.of(limit - paid.size(), unpaidAfter, now - unpaidAfter))
                        .map(OpenRepository::rows)
                        .map(
                            unpaid -> {
                              List<DueReceipt> all = new ArrayList<>(paid);
                              all.addAll(unpaid);
                              return all;
                            }));
  }

  /** When the oldest paid receipt outside of a batch was paid, Unix milliseconds. */
  Uni<Optional<Long>> oldestPaid() {
    return pool.preparedQuery(OLDEST)
        .execute()
        .map(rows -> Optional.ofNullable(rows.iterator().next().getLong("oldest")));
  }

  /** A stored receipt that may go into a batch since {@code dueSince}. */
  record DueReceipt(long sequence, ReceiptHash hash, byte[] payload, long dueSince) {
    OpenReceipt parsed() {
      try {
        Signed<Receipt> receipt = ReceiptCodec.fromWire(IssuedReceipt.parseFrom(payload)).receipt();
        return new OpenReceipt(sequence, hash, receipt, dueSince);
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("a stored receipt does not parse", e);
      }
    }
  }

  private static List<DueReceipt> rows(Iterable<Row> rows) {
    List<DueReceipt> due = new ArrayList<>();
    for (Row row : rows) {
      due.add(
          new DueReceipt(
              row.getLong("seq"),
              new ReceiptHash(Columns.hash(row, "hash")),
              Columns.bytes(row, "payload"),
              row.getLong("due")));
    }
    return due;
  }
}
