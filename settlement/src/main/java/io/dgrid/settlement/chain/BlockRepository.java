package io.dgrid.settlement.chain;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.settlement.Columns;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Blocks and logs as followed, and how far they are published. */
@ApplicationScoped
class BlockRepository {
  private static final String CURSOR =
      "select chain_id, settlement, published_block from settlement.chain_cursor where id = 1";

  private static final String START =
      """
      insert into settlement.chain_cursor (id, chain_id, settlement, published_block)
      values (1, $1, $2, $3) on conflict (id) do nothing
      """;

  private static final String TIP =
      "select number, hash, parent, timestamp from settlement.chain_block order by number desc limit 1";

  private static final String BY_NUMBER =
      "select number, hash, parent, timestamp from settlement.chain_block where number = $1";

  private static final String EXTEND =
      """
      insert into settlement.chain_block (number, hash, parent, timestamp) values ($1, $2, $3, $4)
      """;

  private static final String LOGS =
      """
      insert into settlement.chain_log
        (block_number, block_hash, log_index, address, topics, data, transaction_hash)
      select * from unnest($1::bigint[], $2::bytea[], $3::int[], $4::bytea[], $5::bytea[], $6::bytea[],
                           $7::bytea[])
      on conflict (block_hash, log_index) do nothing
      """;

  private static final String UNPUBLISHED =
      """
      select l.* from settlement.chain_log l
      where l.block_number > $1 and l.block_number <= $2
      order by l.block_number, l.log_index limit $3
      """;

  private final Pool pool;

  BlockRepository(Pool pool) {
    this.pool = pool;
  }

  /** What this database mirrors. */
  record Cursor(long chainId, Address settlement, long publishedBlock) {}

  Uni<Optional<Cursor>> cursor() {
    return pool.query(CURSOR)
        .execute()
        .map(
            rows -> {
              for (Row row : rows) {
                return Optional.of(
                    new Cursor(
                        row.getLong("chain_id"),
                        Columns.address(row, "settlement"),
                        row.getLong("published_block")));
              }
              return Optional.empty();
            });
  }

  /** The first block of a new mirror: nothing of ours is in it or before it. */
  Uni<Void> start(long chainId, Address settlement, BlockHeader anchor) {
    return pool.withTransaction(
        connection ->
            connection
                .preparedQuery(START)
                .execute(Tuple.of(chainId, Columns.of(settlement), anchor.number()))
                .chain(() -> insert(connection, anchor)));
  }

  Uni<Optional<BlockHeader>> tip() {
    return pool.query(TIP).execute().map(rows -> Optional.ofNullable(first(rows)));
  }

  /** A followed block; null when it is not kept (any more). */
  Uni<@Nullable BlockHeader> header(long number) {
    return pool.preparedQuery(BY_NUMBER).execute(Tuple.of(number)).map(BlockRepository::first);
  }

  private static @Nullable BlockHeader first(RowSet<Row> rows) {
    for (Row row : rows) {
      return new BlockHeader(
          row.getLong("number"),
          Columns.hash(row, "hash"),
          Columns.hash(row, "parent"),
          row.getLong("timestamp"));
    }
    return null;
  }

  /** Adds a block and everything between the tip and it. */
  Uni<Void> extend(BlockHeader block, List<ChainLog> logs) {
    return pool.withTransaction(
        connection -> insertLogs(connection, logs).chain(() -> insert(connection, block)));
  }

  private static Uni<Void> insert(SqlConnection connection, BlockHeader block) {
    return connection
        .preparedQuery(EXTEND)
        .execute(
            Tuple.of(
                block.number(),
                Columns.of(block.hash()),
                Columns.of(block.parent()),
                block.timestamp()))
        .replaceWithVoid();
  }

  private static Uni<Void> insertLogs(SqlConnection connection, List<ChainLog> logs) {
    if (logs.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    Tuple parameters =
        Tuple.tuple()
            .addValue(Columns.longs(logs, ChainLog::blockNumber))
            .addValue(Columns.bytes(logs, l -> l.blockHash().toBytes()))
            .addValue(Columns.ints(logs, ChainLog::logIndex))
            .addValue(Columns.bytes(logs, l -> l.address().toBytes()))
            .addValue(Columns.bytes(logs, l -> join(l.topics())))
            .addValue(Columns.bytes(logs, ChainLog::data))
            .addValue(Columns.bytes(logs, l -> l.transactionHash().toBytes()));
    return connection.preparedQuery(LOGS).execute(parameters).replaceWithVoid();
  }

  /** The block is not on the chain any more. */
  Uni<Void> remove(BlockHeader block) {
    return pool.withTransaction(
        connection ->
            connection
                .preparedQuery("delete from settlement.chain_log where block_hash = $1")
                .execute(Tuple.of(Columns.of(block.hash())))
                .chain(
                    () ->
                        connection
                            .preparedQuery("delete from settlement.chain_block where hash = $1")
                            .execute(Tuple.of(Columns.of(block.hash()))))
                .replaceWithVoid());
  }

  /** Logs in order, of blocks after {@code after} up to {@code last}. */
  Uni<List<ChainLog>> between(long after, long last, int limit) {
    return pool.preparedQuery(UNPUBLISHED)
        .execute(Tuple.of(after, last, limit))
        .map(
            rows -> {
              List<ChainLog> logs = new ArrayList<>();
              rows.forEach(row -> logs.add(log(row)));
              return logs;
            });
  }

  private static ChainLog log(Row row) {
    return new ChainLog(
        row.getLong("block_number"),
        Columns.hash(row, "block_hash"),
        row.getInteger("log_index"),
        Columns.address(row, "address"),
        split(Columns.bytes(row, "topics")),
        Columns.bytes(row, "data"),
        Columns.hash(row, "transaction_hash"));
  }

  private static byte[] join(List<Hash> topics) {
    var out = new ByteArrayOutputStream();
    topics.forEach(topic -> out.writeBytes(topic.toBytes()));
    return out.toByteArray();
  }

  private static List<Hash> split(byte[] topics) {
    List<Hash> all = new ArrayList<>();
    for (int at = 0; at < topics.length; at += Hash.BYTES) {
      all.add(Hash.of(Arrays.copyOfRange(topics, at, at + Hash.BYTES)));
    }
    return all;
  }
}
