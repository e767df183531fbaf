package io.dgrid.settlement.intake;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.proto.receipt.v1.SignedVoucher;
import io.dgrid.settlement.Columns;
import io.dgrid.settlement.batch.Channel;
import io.dgrid.settlement.batch.ChannelState;
import io.dgrid.settlement.batch.VoucherRule.Payable;
import io.dgrid.settlement.intake.VoucherAcceptance.Verdict;
import io.dgrid.transport.codec.VoucherCodec;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** Vouchers and the channels they move. */
@ApplicationScoped
class VoucherRepository {
  private static final String INSERT =
      """
      insert into settlement.voucher
        (id, client, node, channel_epoch, signer, payload, state, reason, received_at, checked_at)
      select h, c, n, e, s, p, 'WAITING', '', $7, 0
      from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bytea[], $6::bytea[])
        as t(h, c, n, e, s, p)
      on conflict (id) do nothing
      """;

  private static final String WAITING =
      """
      select id, signer, payload, received_at from settlement.voucher
      where state = 'WAITING' order by checked_at, received_at limit $1 for update skip locked
      """;

  private static final String CHANNEL =
      """
      select cumulative, receipt_count, receipts_root from settlement.channel
      where client = $1 and node = $2 and channel_epoch = $3 for update
      """;

  private static final String RECEIPTS =
      """
      select hash, client, node, amount, voucher_id is not null as covered
      from settlement.receipt where hash = any($1::bytea[]) for update
      """;

  private static final String GRANT =
      """
      select 1 from settlement.key_grant
      where client = $1 and key = $2 and expiry > $3 and scope = $4
      """;

  /**
   * A channel that waited for the chain already keeps its place in the line. A newer voucher may be
   * paid where the one before was not: another key, a higher total.
   */
  private static final String EXTEND =
      """
      insert into settlement.channel
        (client, node, channel_epoch, cumulative, receipt_count, receipts_root, newest, due_at)
      values ($1, $2, $3, $4::text::numeric, $5, $6, $7, $9)
      on conflict (client, node, channel_epoch) do update
        set cumulative = excluded.cumulative, receipt_count = excluded.receipt_count,
            receipts_root = excluded.receipts_root, newest = excluded.newest,
            due_at = case when channel.cumulative > channel.sent then channel.due_at
                          else excluded.due_at end,
            retry_at = least(channel.retry_at, excluded.due_at)
        where channel.receipt_count = $8
      """;

  private static final String COVER =
      """
      update settlement.receipt set voucher_id = $1, covered_at = $2
      where hash = any($3::bytea[]) and voucher_id is null
      """;

  private static final String STATE =
      "update settlement.voucher set state = $2, reason = $3, checked_at = $4 where id = $1";

  private final Pool pool;

  VoucherRepository(Pool pool) {
    this.pool = pool;
  }

  /** What one decision needs to know. */
  record Known(ChannelState channel, Map<ReceiptHash, Payable> receipts, boolean maySign) {}

  /** A decision, written. */
  record Judged(WaitingVoucher voucher, Verdict verdict) {}

  /** Keeps new ones as waiting; answers how many were new. */
  Uni<Integer> store(List<WaitingVoucher> vouchers, long receivedAt) {
    if (vouchers.isEmpty()) {
      return Uni.createFrom().item(0);
    }
    Tuple parameters =
        Tuple.tuple()
            .addValue(Columns.bytes(vouchers, v -> v.id().toBytes()))
            .addValue(Columns.bytes(vouchers, v -> v.voucher().client().toBytes()))
            .addValue(Columns.bytes(vouchers, v -> v.voucher().node().toBytes()))
            .addValue(Columns.longs(vouchers, v -> v.voucher().channelEpoch()))
            .addValue(Columns.bytes(vouchers, v -> v.signer().toBytes()))
            .addValue(Columns.bytes(vouchers, WaitingVoucher::payload))
            .addValue(receivedAt);
    return pool.preparedQuery(INSERT).execute(parameters).map(RowSet::rowCount);
  }

  /** Decides about one page of waiting vouchers in one transaction, one after the other. */
  Uni<List<Judged>> decide(int limit, long now, BiFunction<WaitingVoucher, Known, Verdict> judge) {
    return pool.withTransaction(
        connection ->
            connection
                .preparedQuery(WAITING)
                .execute(Tuple.of(limit))
                .onItem()
                .transformToMulti(rows -> Multi.createFrom().iterable(rows))
                .map(VoucherRepository::waiting)
                .onItem()
                .transformToUniAndConcatenate(voucher -> decide(connection, voucher, now, judge))
                .collect()
                .asList());
  }

  private static Uni<Judged> decide(
      SqlConnection connection,
      WaitingVoucher voucher,
      long now,
      BiFunction<WaitingVoucher, Known, Verdict> judge) {
    return known(connection, voucher, now)
        .map(known -> judge.apply(voucher, known))
        .flatMap(
            verdict ->
                write(connection, voucher, verdict, now).replaceWith(new Judged(voucher, verdict)));
  }

  private static Uni<Known> known(SqlConnection connection, WaitingVoucher voucher, long now) {
    Channel channel = voucher.channel();
    return Uni.combine()
        .all()
        .unis(
            connection
                .preparedQuery(CHANNEL)
                .execute(Tuple.from(key(channel)))
                .map(VoucherRepository::channel),
            connection
                .preparedQuery(RECEIPTS)
                .execute(
                    Tuple.tuple()
                        .addValue(Columns.bytes(voucher.step().receipts(), ReceiptHash::toBytes)))
                .map(VoucherRepository::receipts),
            maySign(connection, voucher, now))
        .asTuple()
        .map(all -> new Known(all.getItem1(), all.getItem2(), all.getItem3()));
  }

  /** A scoped key signs requests but never vouchers, which name no model. */
  private static Uni<Boolean> maySign(SqlConnection connection, WaitingVoucher voucher, long now) {
    if (voucher.signer().equals(voucher.voucher().client())) {
      return Uni.createFrom().item(true);
    }
    return connection
        .preparedQuery(GRANT)
        .execute(
            Tuple.of(
                Columns.of(voucher.voucher().client()),
                Columns.of(voucher.signer()),
                now,
                Columns.of(Hash.ZERO)))
        .map(rows -> rows.size() > 0);
  }

  private static Uni<Void> write(
      SqlConnection connection, WaitingVoucher voucher, Verdict verdict, long now) {
    return switch (verdict) {
      case Verdict.Waiting(var reason) -> state(connection, voucher, "WAITING", reason, now);
      case Verdict.Rejected(var reason) -> state(connection, voucher, "REJECTED", reason, now);
      case Verdict.Accepted(var next) ->
          state(connection, voucher, "ACCEPTED", "", now)
              .chain(() -> extend(connection, voucher, next, now))
              .chain(() -> cover(connection, voucher, now));
    };
  }

  private static Uni<Void> state(
      SqlConnection connection, WaitingVoucher voucher, String state, String reason, long now) {
    return connection
        .preparedQuery(STATE)
        .execute(Tuple.of(Columns.of(voucher.id()), state, reason, now))
        .replaceWithVoid();
  }

  private static Uni<Void> extend(
      SqlConnection connection, WaitingVoucher voucher, ChannelState next, long now) {
    Tuple parameters =
        Tuple.from(key(voucher.channel()))
            .addValue(next.cumulative().toString())
            .addValue(next.receiptCount())
            .addValue(Columns.of(next.receiptsRoot()))
            .addValue(Columns.of(voucher.id()))
            .addValue(next.receiptCount() - voucher.step().receipts().size())
            .addValue(now);
    return connection
        .preparedQuery(EXTEND)
        .execute(parameters)
        .invoke(
            rows -> {
              // Two vouchers may open a channel at once: the row does not exist yet to be locked.
              if (rows.rowCount() != 1) {
                throw new IllegalStateException("the channel moved meanwhile");
              }
            })
        .replaceWithVoid();
  }

  private static Uni<Void> cover(SqlConnection connection, WaitingVoucher voucher, long now) {
    List<ReceiptHash> receipts = voucher.step().receipts();
    return connection
        .preparedQuery(COVER)
        .execute(
            Tuple.tuple()
                .addValue(Columns.of(voucher.id()))
                .addValue(now)
                .addValue(Columns.bytes(receipts, ReceiptHash::toBytes)))
        .invoke(
            rows -> {
              if (rows.rowCount() != receipts.size()) {
                throw new IllegalStateException("a receipt was covered meanwhile");
              }
            })
        .replaceWithVoid();
  }

  private static List<Object> key(Channel channel) {
    return List.of(Columns.of(channel.client()), Columns.of(channel.node()), channel.epoch());
  }

  private static ChannelState channel(RowSet<Row> rows) {
    for (Row row : rows) {
      return new ChannelState(
          Columns.amount(row, "cumulative"),
          row.getLong("receipt_count"),
          Columns.hash(row, "receipts_root"));
    }
    return ChannelState.EMPTY;
  }

  private static Map<ReceiptHash, Payable> receipts(RowSet<Row> rows) {
    Map<ReceiptHash, Payable> receipts = new HashMap<>();
    for (Row row : rows) {
      receipts.put(
          new ReceiptHash(Columns.hash(row, "hash")),
          new Payable(
              Columns.address(row, "client"),
              Columns.address(row, "node"),
              Columns.amount(row, "amount"),
              row.getBoolean("covered")));
    }
    return receipts;
  }

  private static WaitingVoucher waiting(Row row) {
    try {
      return new WaitingVoucher(
          Columns.hash(row, "id"),
          VoucherCodec.fromWire(SignedVoucher.parseFrom(Columns.bytes(row, "payload"))),
          Columns.address(row, "signer"),
          row.getLong("received_at"));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored voucher does not parse", e);
    }
  }
}
