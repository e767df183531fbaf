package io.dgrid.settlement.ledger;

import io.dgrid.settlement.LockRace;
import io.dgrid.settlement.batch.DueVoucher;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Calls name channels in the order of their need and take them in the rows' order. */
class CallLockOrderIT {
  private static final HexFormat HEX = HexFormat.of();

  private static LockRace race;

  @BeforeAll
  static void start() throws Exception {
    race = new LockRace();
  }

  @AfterAll
  static void stop() {
    if (race != null) {
      race.close();
    }
  }

  @Test
  void vouchersOfACallAreClaimedAndGivenBackInOrder() throws Exception {
    String call = Long.toString(call());
    race.run(
        () ->
            execute(
                CallRepository.CLAIM,
                Map.of(
                    "outbox", call,
                    "clients", quoted(v -> HEX.formatHex(v.channel().client().toBytes())),
                    "nodes", quoted(v -> HEX.formatHex(v.channel().node().toBytes())),
                    "epochs", quoted(v -> Long.toString(v.channel().epoch())))));
    race.run(() -> execute(CallRepository.GIVE_BACK, Map.of("outbox", call, "retryAt", "0")));
  }

  @Test
  void vouchersArePostponedAndGivenUpInOrder() throws Exception {
    DueVoucherRepository due = new DueVoucherRepository(race.pool());
    race.run(() -> due.postpone(race.backwards(), 0).subscribeAsCompletionStage());
    race.run(() -> due.giveUp(race.backwards()).subscribeAsCompletionStage());
  }

  private static long call() throws SQLException {
    try (Connection connection = race.connect();
        var statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                """
                insert into settlement.outbox (chain_id, sender, done) values (1, '', false)
                returning id
                """)) {
      rows.next();
      long id = rows.getLong(1);
      connection.commit();
      return id;
    }
  }

  private static String quoted(Function<DueVoucher, String> column) {
    return race.backwards().stream().map(column).collect(Collectors.joining(",", "'", "'"));
  }

  /** As Hibernate would, with values in the place of names. */
  private static CompletableFuture<Void> execute(String sql, Map<String, String> parameters) {
    String filled = sql;
    for (var parameter : parameters.entrySet()) {
      filled = filled.replaceAll(":" + parameter.getKey() + "\\b", parameter.getValue());
    }
    String statement = filled;
    return CompletableFuture.runAsync(
        () -> {
          try (Connection connection = race.connect();
              var run = connection.createStatement()) {
            run.executeUpdate(statement);
            connection.commit();
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
