package io.dgrid.settlement.ledger;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.proto.receipt.v1.SignedVoucher;
import io.dgrid.settlement.Columns;
import io.dgrid.transport.codec.VoucherCodec;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Calls with all they carry, and where the chain has them; other changes go through {@link
 * CallRepository}.
 */
@ApplicationScoped
public class OutboxRepository {
  private static final String OPEN =
      """
      select o.id, o.batch_number, o.nonce, o.raw_transaction, o.transaction_hash, o.max_fee,
             o.max_priority_fee, o.signed_at, o.broadcast_at,
             b.receipts_root, b.data_commitment, b.receipt_count
      from settlement.outbox o left join settlement.batch b on b.number = o.batch_number
      where not o.done and o.block_number is null order by o.id limit $1
      """;

  private static final String VOUCHERS =
      """
      select w.outbox_id, v.payload
      from settlement.outbox_voucher w join settlement.voucher v on v.id = w.voucher_id
      where w.outbox_id = any($1::bigint[]) order by w.outbox_id, w.position
      """;

  private static final String HIGHEST_NONCE =
      """
      select max(nonce) as nonce from settlement.outbox
      where chain_id = $1 and sender = $2 and nonce is not null
      """;

  private static final String MINED =
      """
      update settlement.outbox o set block_number = m.number, block_hash = m.hash
      from unnest($1::bytea[], $2::bigint[], $3::bytea[]) as m(transaction, number, hash)
      where o.transaction_hash = m.transaction and o.batch_number is null and not o.done
      """;

  private static final String DEPTH =
      "select count(*) as depth from settlement.outbox where not done";

  private final Pool pool;

  OutboxRepository(Pool pool) {
    this.pool = pool;
  }

  /** A transaction that moved vouchers, whoever sent it. */
  public record MinedCall(Hash transaction, long blockNumber, Hash blockHash) {}

  /** Calls that are not in a block, oldest first. */
  public Uni<List<PendingCall>> open(int limit) {
    return pool.preparedQuery(OPEN)
        .execute(Tuple.of(limit))
        .flatMap(
            calls -> {
              if (calls.size() == 0) {
                return Uni.createFrom().item(List.of());
              }
              List<Long> ids = new ArrayList<>();
              calls.forEach(row -> ids.add(row.getLong("id")));
              return pool.preparedQuery(VOUCHERS)
                  .execute(Tuple.tuple().addValue(ids.toArray(Long[]::new)))
                  .map(vouchers -> join(calls, vouchers));
            });
  }

  /** The highest nonce ever signed with and not given back. */
  public Uni<Optional<Long>> highestNonce(long chainId, byte[] sender) {
    return pool.preparedQuery(HIGHEST_NONCE)
        .execute(Tuple.of(chainId, Columns.of(sender)))
        .map(rows -> Optional.ofNullable(rows.iterator().next().getLong("nonce")));
  }

  /** Calls with vouchers alone that the chain has in some block. */
  public Uni<Void> mined(List<MinedCall> calls) {
    if (calls.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    Tuple parameters =
        Tuple.tuple()
            .addValue(Columns.bytes(calls, c -> c.transaction().toBytes()))
            .addValue(Columns.longs(calls, MinedCall::blockNumber))
            .addValue(Columns.bytes(calls, c -> c.blockHash().toBytes()));
    return pool.preparedQuery(MINED).execute(parameters).replaceWithVoid();
  }

  /** Calls that are not final yet. */
  public Uni<Long> depth() {
    return pool.preparedQuery(DEPTH).execute().map(rows -> rows.iterator().next().getLong("depth"));
  }

  private static List<PendingCall> join(RowSet<Row> calls, RowSet<Row> voucherRows) {
    Map<Long, List<Signed<Voucher>>> vouchers = new HashMap<>();
    for (Row row : voucherRows) {
      vouchers
          .computeIfAbsent(row.getLong("outbox_id"), id -> new ArrayList<>())
          .add(voucher(Columns.bytes(row, "payload")));
    }
    List<PendingCall> pending = new ArrayList<>();
    for (Row row : calls) {
      pending.add(call(row, vouchers.getOrDefault(row.getLong("id"), List.of())));
    }
    return pending;
  }

  private static PendingCall call(Row row, List<Signed<Voucher>> vouchers) {
    Optional<SignedCall> signed =
        Columns.optionalHash(row, "transaction_hash").map(hash -> signed(row, hash));
    return new PendingCall(
        row.getLong("id"),
        Optional.ofNullable(row.getLong("batch_number")).map(number -> header(row, number)),
        vouchers,
        signed,
        Optional.ofNullable(row.getLong("broadcast_at")));
  }

  private static PendingCall.Header header(Row row, long number) {
    return new PendingCall.Header(
        number,
        Columns.hash(row, "receipts_root"),
        Columns.hash(row, "data_commitment"),
        row.getInteger("receipt_count"));
  }

  private static SignedCall signed(Row row, Hash hash) {
    return new SignedCall(
        row.getLong("nonce"),
        Columns.bytes(row, "raw_transaction"),
        hash,
        row.getBigDecimal("max_fee").toBigIntegerExact(),
        row.getBigDecimal("max_priority_fee").toBigIntegerExact(),
        row.getLong("signed_at"));
  }

  static Signed<Voucher> voucher(byte[] payload) {
    try {
      return VoucherCodec.fromWire(SignedVoucher.parseFrom(payload)).voucher();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored voucher does not parse", e);
    }
  }
}
