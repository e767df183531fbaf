package io.dgrid.local.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.local.testing.LocalDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EmbeddedDatabaseIT {
  @Test
  void committedRowsSurviveKillAndRestartOnTheSamePort() throws Exception {
    try (var database = LocalDatabase.start()) {
      // An open session stays behind when the server is killed.
      try (Connection open = connect(database);
          Statement statement = open.createStatement()) {
        statement.execute("CREATE TABLE kept (value int)");
        for (int round = 0; round < 3; round++) {
          try (Connection connection = connect(database);
              Statement insert = connection.createStatement()) {
            insert.execute("INSERT INTO kept VALUES (" + round + ")");
          }
          database.process().kill9();
          database.process().start();
          database.process().awaitReady();
        }
      }
      assertThat(query(database, "SELECT value FROM kept ORDER BY value"))
          .containsExactly("0", "1", "2");
    }
  }

  @Test
  void startsAgainWhenThePidFileNamesAStranger() throws Exception {
    try (var database = LocalDatabase.start()) {
      database.process().kill9();
      Path pidFile =
          database.process().spec().directory().resolve("postgres").resolve("postmaster.pid");
      List<String> lines = new ArrayList<>(Files.readAllLines(pidFile));
      lines.set(0, Long.toString(ProcessHandle.current().pid()));
      Files.write(pidFile, lines);

      database.process().start();
      database.process().awaitReady();

      assertThat(query(database, "SELECT 1")).containsExactly("1");
    }
  }

  @Test
  void writesAreDurable() throws Exception {
    try (var database = LocalDatabase.start()) {
      for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
        assertThat(query(database, "SHOW " + setting)).as(setting).containsExactly("on");
      }
      assertThat(query(database, "SHOW listen_addresses")).containsExactly("127.0.0.1");
    }
  }

  @Test
  void wrongPasswordIsRefused() {
    try (var database = LocalDatabase.start()) {
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> DriverManager.getConnection(database.jdbcUrl(), database.user(), "wrong"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("password");
    }
  }

  private static Connection connect(LocalDatabase database) throws SQLException {
    return DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
  }

  private static List<String> query(LocalDatabase database, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }
}
