package io.dgrid.settlement.ledger;

import io.dgrid.core.identity.Address;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.settlement.Columns;
import io.dgrid.settlement.batch.Channel;
import io.dgrid.settlement.batch.DueVoucher;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/** The newest voucher of each channel, while the chain has not paid it in full. */
@ApplicationScoped
public class DueVoucherRepository {
  private static final String NEVER_SENT =
      """
      select client, node, channel_epoch, newest, cumulative from settlement.channel
      where cumulative > sent and retry_at = 0 order by due_at limit $1
      """;

  /** Those whose batch had its turn ($3), and those that the chain did not pay at first. */
  private static final String LEFT_OVER =
      """
      select c.client, c.node, c.channel_epoch, c.newest, c.cumulative, v.signer, v.payload,
             greatest(c.due_at, c.retry_at) as due_since
      from settlement.channel c join settlement.voucher v on v.id = c.newest
      where c.cumulative > c.sent and c.retry_at <= $2 and (c.retry_at > 0 or c.due_at <= $3)
      order by due_since limit $1
      """;

  private static final String POSTPONE =
      """
      with named as (
        select client, node, channel_epoch from settlement.channel
        where newest = any($1::bytea[]) and cumulative > sent
        order by client, node, channel_epoch for update)
      update settlement.channel c set retry_at = $2
      from named
      where c.client = named.client and c.node = named.node
        and c.channel_epoch = named.channel_epoch
      """;

  private static final String GIVE_UP =
      """
      with named as (
        select client, node, channel_epoch from settlement.channel
        where newest = any($1::bytea[])
        order by client, node, channel_epoch for update)
      update settlement.channel c set sent = c.cumulative
      from named
      where c.client = named.client and c.node = named.node
        and c.channel_epoch = named.channel_epoch
      """;

  private final Pool pool;

  DueVoucherRepository(Pool pool) {
    this.pool = pool;
  }

  /**
   * A voucher that no batch takes to the chain.
   *
   * @param signed as it goes to the chain
   * @param signer the client or a key that it granted
   * @param dueSince Unix milliseconds
   */
  public record LeftOver(
      DueVoucher voucher, Signed<Voucher> signed, Address signer, long dueSince) {}

  /** Vouchers that the chain was never given, those that wait longest first. */
  Uni<List<DueVoucher>> neverSent(int limit) {
    return pool.preparedQuery(NEVER_SENT)
        .execute(Tuple.of(limit))
        .map(rows -> all(rows, DueVoucherRepository::voucher));
  }

  /**
   * Vouchers that wait for no batch, those that wait longest first.
   *
   * @param acceptedBefore Unix milliseconds; younger ones go with their receipts
   */
  public Uni<List<LeftOver>> leftOver(int limit, long now, long acceptedBefore) {
    return pool.preparedQuery(LEFT_OVER)
        .execute(Tuple.of(limit, now, acceptedBefore))
        .map(
            rows ->
                all(
                    rows,
                    row ->
                        new LeftOver(
                            voucher(row),
                            OutboxRepository.voucher(Columns.bytes(row, "payload")),
                            Columns.address(row, "signer"),
                            row.getLong("due_since"))));
  }

  /** The chain would pay nothing for them now; they are due again at {@code retryAt}. */
  public Uni<Void> postpone(Collection<DueVoucher> vouchers, long retryAt) {
    return vouchers.isEmpty()
        ? Uni.createFrom().voidItem()
        : pool.preparedQuery(POSTPONE).execute(Tuple.of(ids(vouchers), retryAt)).replaceWithVoid();
  }

  /** The chain will never pay for them; only a newer voucher makes their channels due again. */
  public Uni<Void> giveUp(Collection<DueVoucher> vouchers) {
    return vouchers.isEmpty()
        ? Uni.createFrom().voidItem()
        : pool.preparedQuery(GIVE_UP)
            .execute(Tuple.tuple().addValue(ids(vouchers)))
            .replaceWithVoid();
  }

  private static Object ids(Collection<DueVoucher> vouchers) {
    return Columns.bytes(vouchers, v -> v.voucherId().toBytes());
  }

  private static DueVoucher voucher(Row row) {
    return new DueVoucher(
        new Channel(
            Columns.address(row, "client"),
            Columns.address(row, "node"),
            row.getLong("channel_epoch")),
        Columns.hash(row, "newest"),
        Columns.amount(row, "cumulative"));
  }

  private static <T> List<T> all(RowSet<Row> rows, Function<Row, T> read) {
    List<T> all = new ArrayList<>();
    rows.forEach(row -> all.add(read.apply(row)));
    return all;
  }
}
