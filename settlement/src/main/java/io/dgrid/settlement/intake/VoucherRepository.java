package io.dgrid.settlement.intake;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.proto.receipt.v1.SignedVoucher;
import io.dgrid.settlement.Columns;
import io.dgrid.settlement.batch.Channel;
import io.dgrid.settlement.batch.ChannelState;
import io.dgrid.settlement.batch.VoucherRule.Payable;
import io.dgrid.settlement.intake.VoucherPage.Grant;
import io.dgrid.settlement.intake.VoucherPage.Judged;
import io.dgrid.settlement.intake.VoucherPage.Known;
import io.dgrid.settlement.intake.VoucherPage.Verdict;
import io.dgrid.transport.codec.VoucherCodec;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Vouchers and the channels they move. A page of vouchers costs a handful of statements, however
 * many vouchers it has.
 */
@ApplicationScoped
class VoucherRepository {
  /** Bounds the memory of one page; a single voucher may be larger. */
  private static final int MOST_RECEIPTS_OF_A_PAGE = 20_000;

  private static final String INSERT =
      """
      insert into settlement.voucher
        (id, client, node, channel_epoch, signer, payload, state, reason, received_at, checked_at)
      select h, c, n, e, s, p, 'WAITING', '', $7, 0
      from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bytea[], $6::bytea[])
        as t(h, c, n, e, s, p)
      on conflict (id) do nothing
      """;

  /** In the order in which a channel's vouchers follow each other. */
  private static final String WAITING =
      """
      select id, signer, payload, received_at from settlement.voucher
      where state = 'WAITING' order by checked_at, received_at, seq limit $1 for update skip locked
      """;

  /** Locked in one order by everybody, so that nobody waits for one who waits for him. */
  private static final String CHANNELS =
      """
      select c.client, c.node, c.channel_epoch, c.cumulative, c.receipt_count, c.receipts_root
      from settlement.channel c
      join unnest($1::bytea[], $2::bytea[], $3::bigint[]) as k(client, node, epoch)
        on c.client = k.client and c.node = k.node and c.channel_epoch = k.epoch
      order by c.client, c.node, c.channel_epoch for update of c
      """;

  private static final String RECEIPTS =
      """
      select hash, client, node, amount, voucher_id is not null as covered
      from settlement.receipt where hash = any($1::bytea[]) order by hash for update
      """;

  /** A scoped key signs requests but never vouchers, which name no model. */
  private static final String GRANTS =
      """
      select distinct g.client, g.key from settlement.key_grant g
      join unnest($1::bytea[], $2::bytea[]) as k(client, key)
        on g.client = k.client and g.key = k.key
      where g.expiry > $3 and g.scope = $4
      """;

  private static final String OPEN =
      """
      insert into settlement.channel
        (client, node, channel_epoch, cumulative, receipt_count, receipts_root, newest, due_at)
      select c, n, e, a::numeric, r, h, v, $8
      from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::text[], $5::bigint[], $6::bytea[],
                  $7::bytea[]) as t(c, n, e, a, r, h, v)
      on conflict do nothing
      """;

  /**
   * A channel that waited for the chain already keeps its place in the line. A newer voucher may be
   * paid where the one before was not: another key, a higher total.
   */
  private static final String EXTEND =
      """
      update settlement.channel
      set cumulative = t.a::numeric, receipt_count = t.r, receipts_root = t.h, newest = t.v,
          due_at = case when channel.cumulative > channel.sent then channel.due_at else $8 end,
          retry_at = least(channel.retry_at, $8)
      from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::text[], $5::bigint[], $6::bytea[],
                  $7::bytea[]) as t(c, n, e, a, r, h, v)
      where channel.client = t.c and channel.node = t.n and channel.channel_epoch = t.e
      """;

  private static final String COVER =
      """
      update settlement.receipt r set voucher_id = t.voucher, covered_at = $3
      from unnest($1::bytea[], $2::bytea[]) as t(hash, voucher)
      where r.hash = t.hash and r.voucher_id is null
      """;

  private static final String STATES =
      """
      update settlement.voucher v set state = t.state, reason = t.reason, checked_at = $4
      from unnest($1::bytea[], $2::text[], $3::text[]) as t(id, state, reason)
      where v.id = t.id
      """;

  private final Pool pool;

  VoucherRepository(Pool pool) {
    this.pool = pool;
  }

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

  /**
   * Decides about one page of waiting vouchers in one transaction, one after the other: a voucher
   * may build on one before it in the page.
   */
  Uni<List<Judged>> decide(int limit, long now, BiFunction<WaitingVoucher, Known, Verdict> judge) {
    return pool.withTransaction(
        connection ->
            connection
                .preparedQuery(WAITING)
                .execute(Tuple.of(limit))
                .map(VoucherRepository::bounded)
                .flatMap(
                    vouchers ->
                        vouchers.isEmpty()
                            ? Uni.createFrom().item(List.of())
                            : decide(connection, vouchers, now, judge)));
  }

  private static Uni<List<Judged>> decide(
      SqlConnection connection,
      List<WaitingVoucher> vouchers,
      long now,
      BiFunction<WaitingVoucher, Known, Verdict> judge) {
    return load(connection, vouchers, now)
        .flatMap(
            page -> {
              List<Judged> judged = vouchers.stream().map(v -> page.judge(v, judge)).toList();
              return write(connection, page, judged, now).replaceWith(judged);
            });
  }

  private static Uni<VoucherPage> load(
      SqlConnection connection, List<WaitingVoucher> vouchers, long now) {
    Set<Channel> channels = new HashSet<>();
    Set<ReceiptHash> receipts = new HashSet<>();
    Set<Grant> grants = new HashSet<>();
    for (WaitingVoucher voucher : vouchers) {
      channels.add(voucher.channel());
      receipts.addAll(voucher.step().receipts());
      grants.add(Grant.of(voucher));
    }
    Tuple named = Tuple.tuple().addValue(Columns.bytes(receipts, ReceiptHash::toBytes));
    // One after the other: they are one connection's, and locks are taken in one order.
    return connection
        .preparedQuery(CHANNELS)
        .execute(Tuple.from(keys(channels)))
        .map(VoucherRepository::channels)
        .flatMap(
            states ->
                connection
                    .preparedQuery(RECEIPTS)
                    .execute(named)
                    .map(VoucherRepository::receipts)
                    .flatMap(
                        payable ->
                            connection
                                .preparedQuery(GRANTS)
                                .execute(
                                    Tuple.tuple()
                                        .addValue(Columns.bytes(grants, g -> g.client().toBytes()))
                                        .addValue(Columns.bytes(grants, g -> g.key().toBytes()))
                                        .addValue(now)
                                        .addValue(Columns.of(Hash.ZERO)))
                                .map(rows -> new VoucherPage(states, payable, grants(rows)))));
  }

  private static Uni<Void> write(
      SqlConnection connection, VoucherPage page, List<Judged> judged, long now) {
    Tuple states =
        Tuple.tuple()
            .addValue(Columns.bytes(judged, j -> j.voucher().id().toBytes()))
            .addValue(Columns.texts(judged, j -> j.verdict().state()))
            .addValue(Columns.texts(judged, j -> j.verdict().reason()))
            .addValue(now);
    return connection
        .preparedQuery(STATES)
        .execute(states)
        .chain(() -> move(connection, OPEN, page.opened(), now))
        .chain(() -> move(connection, EXTEND, page.extended(), now))
        .chain(() -> cover(connection, page.covered(), now));
  }

  private static Uni<Void> move(
      SqlConnection connection, String statement, Map<Channel, VoucherPage.Move> moves, long now) {
    if (moves.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    Collection<VoucherPage.Move> to = moves.values();
    Tuple parameters =
        Tuple.from(keys(moves.keySet()))
            .addValue(Columns.texts(to, m -> m.state().cumulative().toString()))
            .addValue(Columns.longs(to, m -> m.state().receiptCount()))
            .addValue(Columns.bytes(to, m -> m.state().receiptsRoot().toBytes()))
            .addValue(Columns.bytes(to, m -> m.newest().toBytes()))
            .addValue(now);
    // Two transactions may open a channel at once: the row does not exist yet to be locked.
    return connection
        .preparedQuery(statement)
        .execute(parameters)
        .invoke(rows -> require(rows.rowCount() == moves.size(), "a channel moved meanwhile"))
        .replaceWithVoid();
  }

  private static Uni<Void> cover(
      SqlConnection connection, Map<ReceiptHash, Hash> covered, long now) {
    if (covered.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    Tuple parameters =
        Tuple.tuple()
            .addValue(Columns.bytes(covered.keySet(), ReceiptHash::toBytes))
            .addValue(Columns.bytes(covered.values(), Hash::toBytes))
            .addValue(now);
    return connection
        .preparedQuery(COVER)
        .execute(parameters)
        .invoke(
            rows -> require(rows.rowCount() == covered.size(), "a receipt was covered meanwhile"))
        .replaceWithVoid();
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }

  private static List<Object> keys(Collection<Channel> channels) {
    return List.of(
        Columns.bytes(channels, c -> c.client().toBytes()),
        Columns.bytes(channels, c -> c.node().toBytes()),
        Columns.longs(channels, Channel::epoch));
  }

  private static List<WaitingVoucher> bounded(RowSet<Row> rows) {
    List<WaitingVoucher> page = new ArrayList<>();
    int receipts = 0;
    for (Row row : rows) {
      WaitingVoucher voucher = waiting(row);
      receipts += voucher.step().receipts().size();
      if (!page.isEmpty() && receipts > MOST_RECEIPTS_OF_A_PAGE) {
        break;
      }
      page.add(voucher);
    }
    return page;
  }

  private static Map<Channel, ChannelState> channels(RowSet<Row> rows) {
    Map<Channel, ChannelState> channels = new HashMap<>();
    for (Row row : rows) {
      channels.put(
          new Channel(
              Columns.address(row, "client"),
              Columns.address(row, "node"),
              row.getLong("channel_epoch")),
          new ChannelState(
              Columns.amount(row, "cumulative"),
              row.getLong("receipt_count"),
              Columns.hash(row, "receipts_root")));
    }
    return channels;
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

  private static Set<Grant> grants(RowSet<Row> rows) {
    Set<Grant> grants = new HashSet<>();
    for (Row row : rows) {
      grants.add(new Grant(Columns.address(row, "client"), Columns.address(row, "key")));
    }
    return grants;
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
