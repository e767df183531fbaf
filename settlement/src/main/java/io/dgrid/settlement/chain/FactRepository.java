package io.dgrid.settlement.chain;

import io.dgrid.core.identity.Address;
import io.dgrid.settlement.Columns;
import io.dgrid.settlement.batch.Channel;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Mirrors of final facts, moved forward together with the cursor. */
@ApplicationScoped
class FactRepository {
  private static final String STANDINGS =
      "select node, stake, jailed_until from settlement.node_stake";

  private static final String GRANT =
      """
      insert into settlement.key_grant (client, key, expiry, scope) values ($1, $2, $3, $4)
      on conflict (client, key) do update set expiry = excluded.expiry, scope = excluded.scope
      """;

  private static final String REVOKE =
      """
      update settlement.key_grant set expiry = least(expiry, $3) where client = $1 and key = $2
      """;

  /** Everything that the events below touch: they come in the chain's order, not in the rows'. */
  private static final String LOCK =
      """
      select 1 from settlement.channel c
      where c.client = any($1::bytea[])
        or (c.client, c.node, c.channel_epoch) in
             (select * from unnest($2::bytea[], $3::bytea[], $4::bigint[]))
      order by c.client, c.node, c.channel_epoch for update of c
      """;

  private static final String ON_ITS_WAY =
      """
      exists (
        select 1 from settlement.outbox o
        join settlement.outbox_voucher ov on ov.outbox_id = o.id
        join settlement.voucher v on v.id = ov.voucher_id
        where not o.done and v.client = $1 and v.node = $2 and v.channel_epoch = $3)
      """;

  /**
   * Less than was given: the escrow or the key's cap was short, and the rest is due later. Unless a
   * newer voucher of the channel is still on its way: then this is the older one's full pay, and
   * the newer one's own event will come. Calls up to these events' block are done by now.
   */
  private static final String SETTLED =
      """
      update settlement.channel c
      set settled = greatest(c.settled, $4::text::numeric),
          retry_at = case when $4::text::numeric >= c.sent or on_its_way.newer then 0
                          else $5::bigint end,
          sent = case when on_its_way.newer then greatest(c.sent, $4::text::numeric)
                      else $4::text::numeric end
      from (select %s as newer) on_its_way
      where c.client = $1 and c.node = $2 and c.channel_epoch = $3
      """
          .formatted(ON_ITS_WAY);

  private static final String SKIPPED =
      """
      update settlement.channel set sent = settled, retry_at = $4
      where client = $1 and node = $2 and channel_epoch = $3 and not %s
      """
          .formatted(ON_ITS_WAY);

  /** There is money now, or a key may sign: what was not paid is worth another look. */
  private static final String WORTH_A_LOOK =
      """
      update settlement.channel set retry_at = least(retry_at, $2)
      where client = $1 and cumulative > sent and retry_at > 0
      """;

  private static final String STANDING =
      """
      insert into settlement.node_stake (node, stake, jailed_until) values ($1, $2::text::numeric, $3)
      on conflict (node) do update set stake = excluded.stake, jailed_until = excluded.jailed_until
      """;

  private static final String ADVANCE =
      "update settlement.chain_cursor set published_block = $1 where id = 1";

  private final Pool pool;

  FactRepository(Pool pool) {
    this.pool = pool;
  }

  /** All nodes; there are as many as operators. */
  Uni<Map<Address, Standing>> standings() {
    return pool.query(STANDINGS)
        .execute()
        .map(
            rows -> {
              Map<Address, Standing> standings = new HashMap<>();
              for (Row row : rows) {
                standings.put(
                    Columns.address(row, "node"),
                    new Standing(Columns.amount(row, "stake"), row.getLong("jailed_until")));
              }
              return standings;
            });
  }

  /**
   * Everything up to {@code block} is published; blocks before it are not needed any more.
   *
   * @param now Unix milliseconds
   * @param retryAfter milliseconds until vouchers that were not paid in full are given again
   */
  Uni<Void> advance(
      long block,
      List<ChainEvent> events,
      Map<Address, Standing> standings,
      long now,
      long retryAfter) {
    return pool.withTransaction(
        connection ->
            lockChannels(connection, events)
                .onItem()
                .transformToMulti(locked -> Multi.createFrom().iterable(events))
                .onItem()
                .transformToUniAndConcatenate(
                    event -> apply(connection, event, now, now + retryAfter))
                .collect()
                .asList()
                .chain(() -> write(connection, standings))
                .chain(() -> connection.preparedQuery(ADVANCE).execute(Tuple.of(block)))
                .chain(() -> forget(connection, "chain_block", "number", block))
                .chain(() -> forget(connection, "chain_log", "block_number", block)));
  }

  private static Uni<Void> lockChannels(SqlConnection connection, List<ChainEvent> events) {
    Set<Address> clients = new HashSet<>();
    Set<Channel> channels = new HashSet<>();
    for (ChainEvent event : events) {
      switch (event) {
        case ChainEvent.Deposited(var client, var ignored) -> clients.add(client);
        case ChainEvent.KeyGranted grant -> clients.add(grant.client());
        case ChainEvent.VoucherSettled v ->
            channels.add(new Channel(v.client(), v.node(), v.channelEpoch()));
        case ChainEvent.VoucherSkipped v ->
            channels.add(new Channel(v.client(), v.node(), v.channelEpoch()));
        default -> {}
      }
    }
    if (clients.isEmpty() && channels.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return run(
        connection,
        LOCK,
        Tuple.of(
            Columns.bytes(clients, Address::toBytes),
            Columns.bytes(channels, c -> c.client().toBytes()),
            Columns.bytes(channels, c -> c.node().toBytes()),
            Columns.longs(channels, Channel::epoch)));
  }

  private static Uni<Void> apply(
      SqlConnection connection, ChainEvent event, long now, long retryAt) {
    return switch (event) {
      case ChainEvent.Deposited(var client, var ignored) ->
          run(connection, WORTH_A_LOOK, Tuple.of(Columns.of(client), now));
      case ChainEvent.KeyGranted grant ->
          run(
                  connection,
                  GRANT,
                  Tuple.of(
                      Columns.of(grant.client()),
                      Columns.of(grant.key()),
                      grant.expiry(),
                      Columns.of(grant.scope())))
              .chain(
                  () -> run(connection, WORTH_A_LOOK, Tuple.of(Columns.of(grant.client()), now)));
      case ChainEvent.KeyRevoked(var client, var key, var until) ->
          run(connection, REVOKE, Tuple.of(Columns.of(client), Columns.of(key), until));
      case ChainEvent.VoucherSettled voucher ->
          run(
              connection,
              SETTLED,
              Tuple.of(
                  Columns.of(voucher.client()),
                  Columns.of(voucher.node()),
                  voucher.channelEpoch(),
                  voucher.cumulative().toString(),
                  retryAt));
      case ChainEvent.VoucherSkipped skipped when skipped.reason().canBePaidLater() ->
          run(
              connection,
              SKIPPED,
              Tuple.of(
                  Columns.of(skipped.client()),
                  Columns.of(skipped.node()),
                  skipped.channelEpoch(),
                  retryAt));
      default -> Uni.createFrom().voidItem();
    };
  }

  /** A node's jail time ended without an event. */
  Uni<Void> standings(Map<Address, Standing> standings) {
    return pool.withTransaction(connection -> write(connection, standings));
  }

  private static Uni<Void> write(SqlConnection connection, Map<Address, Standing> standings) {
    if (standings.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    List<Tuple> rows =
        standings.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(
                e ->
                    Tuple.of(
                        Columns.of(e.getKey()),
                        e.getValue().stake().toString(),
                        e.getValue().jailedUntil()))
            .toList();
    return connection.preparedQuery(STANDING).executeBatch(rows).replaceWithVoid();
  }

  private static Uni<Void> forget(
      SqlConnection connection, String table, String column, long block) {
    return run(
        connection,
        "delete from settlement.%s where %s < $1".formatted(table, column),
        Tuple.of(block));
  }

  private static Uni<Void> run(SqlConnection connection, String statement, Tuple parameters) {
    return connection.preparedQuery(statement).execute(parameters).replaceWithVoid();
  }
}
