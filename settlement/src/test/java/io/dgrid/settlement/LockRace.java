package io.dgrid.settlement;

import static io.dgrid.settlement.Eventually.eventually;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.local.testing.LocalDatabase;
import io.dgrid.settlement.batch.Channel;
import io.dgrid.settlement.batch.DueVoucher;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Two channels of one client in a real database, and a rival that takes them in the order that all
 * writers promise to keep. A writer in another order ends in a deadlock, each time.
 */
public final class LockRace implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String LOCK =
      """
      select 1 from settlement.channel where client = ? and node = ? and channel_epoch = ? for update
      """;

  private final LocalDatabase database = LocalDatabase.start();
  private final Pool pool;
  private final List<DueVoucher> inOrder;

  public LockRace() throws SQLException, IOException {
    migrate();
    pool =
        Pool.newInstance(
            PgBuilder.pool()
                .connectingTo(
                    PgConnectOptions.fromUri(database.reactiveUrl())
                        .setUser(database.user())
                        .setPassword(database.password()))
                .build());
    Address client = SigningKey.random().address();
    inOrder =
        Stream.of(SigningKey.random().address(), SigningKey.random().address())
            .sorted()
            .map(node -> new Channel(client, node, 1))
            .map(c -> new DueVoucher(c, Parties.hash(c.hashCode()), TokenAmount.tokens(1)))
            .toList();
    try (Connection connection = connect()) {
      // A writer that takes the rows as they lie takes them backwards.
      for (DueVoucher each : backwards()) {
        insert(connection, each);
      }
      connection.commit();
    }
  }

  private void migrate() throws SQLException, IOException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        Stream<Path> files = Files.list(Path.of("src/main/resources/db/migration"))) {
      statement.execute("create schema settlement; set search_path to settlement");
      for (Path file : files.sorted().toList()) {
        statement.execute(Files.readString(file));
      }
      connection.commit();
    }
  }

  public Pool pool() {
    return pool;
  }

  public Connection connect() throws SQLException {
    Connection connection =
        DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
    connection.setAutoCommit(false);
    return connection;
  }

  /** The newest vouchers of the two channels, the second channel first. */
  public List<DueVoucher> backwards() {
    return inOrder.reversed();
  }

  /** Lets the writer and the rival meet between their first and their second row. */
  public void run(Supplier<CompletableFuture<?>> writer) throws Exception {
    try (Connection rival = connect()) {
      lock(rival, inOrder.getFirst());
      CompletableFuture<?> written = writer.get();
      eventually("the writer waits for the rival", PATIENCE, () -> someoneWaits(rival));
      lock(rival, inOrder.getLast());
      rival.commit();
      written.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private static boolean someoneWaits(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select 1 from pg_locks where not granted")) {
      return rows.next();
    }
  }

  private static void lock(Connection connection, DueVoucher voucher) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
      statement.setBytes(1, voucher.channel().client().toBytes());
      statement.setBytes(2, voucher.channel().node().toBytes());
      statement.setLong(3, voucher.channel().epoch());
      statement.executeQuery().close();
    }
  }

  private static void insert(Connection connection, DueVoucher due) throws SQLException {
    byte[] client = due.channel().client().toBytes();
    byte[] node = due.channel().node().toBytes();
    byte[] id = due.voucherId().toBytes();
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            insert into settlement.voucher (id, client, node, channel_epoch, signer, payload, state,
                                            reason, received_at, checked_at)
            values (?, ?, ?, 1, ?, '', 'ACCEPTED', '', 0, 0)
            """)) {
      statement.setBytes(1, id);
      statement.setBytes(2, client);
      statement.setBytes(3, node);
      statement.setBytes(4, client);
      statement.executeUpdate();
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            insert into settlement.channel (client, node, channel_epoch, cumulative, receipt_count,
                                            receipts_root, newest)
            values (?, ?, 1, ?, 1, ?, ?)
            """)) {
      statement.setBytes(1, client);
      statement.setBytes(2, node);
      statement.setBigDecimal(3, new java.math.BigDecimal(due.cumulative().units()));
      statement.setBytes(4, Hash.ZERO.toBytes());
      statement.setBytes(5, id);
      statement.executeUpdate();
    }
  }

  @Override
  public void close() {
    pool.closeAndAwait();
    database.close();
  }
}
