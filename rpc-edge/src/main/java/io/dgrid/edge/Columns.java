package io.dgrid.edge;

import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Columns of many rows as parameters of one statement, and of one row as values. */
public final class Columns {
  private Columns() {}

  /** A {@code text[]} parameter; amounts travel as text and are cast in the statement. */
  public static <T> String[] texts(Collection<T> rows, Function<T, @Nullable String> column) {
    return rows.stream().map(column).toArray(String[]::new);
  }

  public static <T> Long[] longs(Collection<T> rows, Function<T, Long> column) {
    return rows.stream().map(column).toArray(Long[]::new);
  }

  public static <T> Integer[] ints(Collection<T> rows, Function<T, Integer> column) {
    return rows.stream().map(column).toArray(Integer[]::new);
  }

  public static <T> Boolean[] flags(Collection<T> rows, Function<T, Boolean> column) {
    return rows.stream().map(column).toArray(Boolean[]::new);
  }

  /** A {@code bytea[]} parameter. */
  public static <T> Buffer[] bytes(Collection<T> rows, Function<T, byte @Nullable []> column) {
    return rows.stream()
        .map(column)
        .map(value -> value == null ? null : Buffer.buffer(value))
        .toArray(Buffer[]::new);
  }

  public static <T> List<T> list(RowSet<Row> rows, Function<Row, T> value) {
    List<T> values = new ArrayList<>(rows.size());
    rows.forEach(row -> values.add(value.apply(row)));
    return values;
  }

  public static BigInteger amount(Row row, String column) {
    return row.getBigDecimal(column).toBigIntegerExact();
  }

  public static byte @Nullable [] bytes(Row row, String column) {
    var value = row.getBuffer(column);
    return value == null ? null : value.getBytes();
  }
}
