package io.dgrid.acceptance.faults;

import io.dgrid.acceptance.faults.Evidence.Bill;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/** Reads the edges' ledger and what settlement took in, straight from the database. */
final class LedgerReader implements AutoCloseable {
  private final Connection connection;

  LedgerReader(String jdbcUrl, String user, String password) {
    try {
      connection = DriverManager.getConnection(jdbcUrl, user, password);
      connection.setReadOnly(true);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /** Jobs that still run, or money that is still held: zero when everything has come to rest. */
  long unfinished() {
    return number(
            "select (select count(*) from edge.job where finished_at = 0)"
                + " + (select count(*) from edge.client_account where held > 0)")
        .longValueExact();
  }

  Map<JobId, Bill> bills() {
    Map<JobId, Bill> bills = new HashMap<>();
    each(
        """
        select j.job_id, j.client, j.finished_at > 0, j.amount, coalesce(sum(r.amount), 0)
        from edge.job j left join edge.receipt r on r.job_id = j.job_id
        group by j.job_id, j.client, j.finished_at, j.amount""",
        row ->
            bills.put(
                JobId.fromHex(row.getString(1)),
                new Bill(
                    Address.fromHex(row.getString(2)),
                    row.getBoolean(3),
                    row.getBigDecimal(4).toBigIntegerExact(),
                    row.getBigDecimal(5).toBigIntegerExact())));
    return bills;
  }

  /** How many ledger entries the client has. */
  long entriesOf(Address client) {
    return number("select count(*) from edge.ledger_entry where client = '" + client + "'")
        .longValueExact();
  }

  BigInteger held(Address client) {
    return number("select held from edge.client_account where client = '" + client + "'");
  }

  BigInteger charged(Address client) {
    return number(
        "select charged + settled from edge.client_account where client = '" + client + "'");
  }

  BigInteger entries(Address client) {
    return number(
        "select coalesce(sum(amount), 0) from edge.ledger_entry where client = '" + client + "'");
  }

  /** Sum of the client's receipts that settlement has. */
  BigInteger receipts(Address client) {
    return number(
        "select coalesce(sum(amount), 0) from settlement.receipt where client = '\\x"
            + client.toString().substring(2)
            + "'");
  }

  private interface Row {
    void take(ResultSet row) throws SQLException;
  }

  private BigInteger number(String query) {
    BigInteger[] found = {BigInteger.ZERO};
    each(query, row -> found[0] = row.getBigDecimal(1).toBigIntegerExact());
    return found[0];
  }

  private void each(String query, Row row) {
    try (var statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        row.take(rows);
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private static AssertionError failed(SQLException cause) {
    return new AssertionError("the database refuses: " + cause.getMessage(), cause);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw failed(e);
    }
  }
}
