package io.dgrid.settlement;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Row;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Function;

/** Domain values as the reactive client's column values. */
public final class Columns {
  private Columns() {}

  public static Buffer of(byte[] bytes) {
    return Buffer.buffer(bytes);
  }

  public static Buffer of(Hash hash) {
    return of(hash.toBytes());
  }

  public static Buffer of(Address address) {
    return of(address.toBytes());
  }

  /** A {@code bytea[]} parameter. */
  public static <T> Buffer[] bytes(Collection<T> rows, Function<T, byte[]> column) {
    return rows.stream().map(row -> of(column.apply(row))).toArray(Buffer[]::new);
  }

  public static <T> Long[] longs(Collection<T> rows, Function<T, Long> column) {
    return rows.stream().map(column).toArray(Long[]::new);
  }

  public static <T> Integer[] ints(Collection<T> rows, Function<T, Integer> column) {
    return rows.stream().map(column).toArray(Integer[]::new);
  }

  /** A {@code text[]} parameter; amounts travel as text and are cast in the statement. */
  public static <T> String[] texts(Collection<T> rows, Function<T, String> column) {
    return rows.stream().map(column).toArray(String[]::new);
  }

  public static byte[] bytes(Row row, String column) {
    return row.getBuffer(column).getBytes();
  }

  public static Hash hash(Row row, String column) {
    return Hash.of(bytes(row, column));
  }

  public static Optional<Hash> optionalHash(Row row, String column) {
    return Optional.ofNullable(row.getBuffer(column)).map(b -> Hash.of(b.getBytes()));
  }

  public static Address address(Row row, String column) {
    return Address.of(bytes(row, column));
  }

  public static TokenAmount amount(Row row, String column) {
    BigDecimal value = row.getBigDecimal(column);
    return new TokenAmount(value.toBigIntegerExact());
  }
}
