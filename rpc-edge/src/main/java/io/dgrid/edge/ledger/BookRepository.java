package io.dgrid.edge.ledger;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.edge.Columns;
import io.smallrye.mutiny.Uni;
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
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Locks clients and applies their postings, all of them in one statement each, inside the caller's
 * transaction. Clients are locked in one order, so that no two transactions can wait for each
 * other.
 */
@ApplicationScoped
public class BookRepository {
  private static final String LOCK =
      """
      SELECT client, available, held, charged, settled, withdrawing, shortfall
      FROM edge.client_account WHERE client = ANY($1) ORDER BY client FOR UPDATE""";
  private static final String MAKE =
      """
      INSERT INTO edge.client_account (client) SELECT v.client FROM unnest($1::text[]) AS v (client)
      ORDER BY v.client ON CONFLICT DO NOTHING""";
  private static final String POSTED =
      "SELECT reference, kind FROM edge.ledger_posting WHERE reference = ANY($1)";
  private static final String UPDATE =
      """
      UPDATE edge.client_account AS a
      SET available = v.available::numeric, held = v.held::numeric, charged = v.charged::numeric,
          shortfall = v.shortfall::numeric
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        AS v (client, available, held, charged, shortfall)
      WHERE a.client = v.client""";
  private static final String POST =
      """
      INSERT INTO edge.ledger_posting (reference, kind)
      SELECT v.reference, v.kind FROM unnest($1::text[], $2::text[]) AS v (reference, kind)""";
  private static final String ENTER =
      """
      INSERT INTO edge.ledger_entry (client, kind, reference, step, account, amount)
      SELECT v.client, v.kind, v.reference, v.step, v.account, v.amount::numeric
      FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[])
        AS v (client, kind, reference, step, account, amount)""";

  /**
   * Locks the clients' rows, which are made when there are none; what is read afterwards stays true
   * until the commit.
   *
   * @param jobs whose postings may be made
   */
  public Uni<Book> open(
      SqlConnection connection, Collection<Address> clients, Collection<JobId> jobs) {
    return open(
        connection, clients, jobs, () -> Uni.createFrom().item(() -> Function.<Book>identity()));
  }

  /**
   * As the other, with statements that are sent right behind the locks.
   *
   * @param reads given again when rows had to be made: what was read before was not locked
   */
  public <T> Uni<T> open(
      SqlConnection connection,
      Collection<Address> clients,
      Collection<JobId> jobs,
      Supplier<Uni<Function<Book, T>>> reads) {
    Set<String> who = new TreeSet<>();
    clients.forEach(client -> who.add(client.toString()));
    Uni<Opened<T>> opened =
        Uni.createFrom()
            .deferred(
                () ->
                    Uni.combine()
                        .all()
                        .unis(lock(connection, who), posted(connection, jobs), reads.get())
                        .with(
                            (balances, posted, read) ->
                                new Opened<>(new Book(balances, posted), read)));
    return opened
        .chain(
            first ->
                first.book().clients() == who.size()
                    ? Uni.createFrom().item(first)
                    : connection
                        .preparedQuery(MAKE)
                        .execute(Tuple.of(who.toArray(String[]::new)))
                        .chain(() -> opened))
        .map(last -> last.read().apply(last.book()));
  }

  private record Opened<T>(Book book, Function<Book, T> read) {}

  private static Uni<Map<String, Balances>> lock(SqlConnection connection, Set<String> clients) {
    return connection
        .preparedQuery(LOCK)
        .execute(Tuple.of(clients.toArray(String[]::new)))
        .map(
            rows -> {
              Map<String, Balances> balances = new HashMap<>();
              rows.forEach(row -> balances.put(row.getString("client"), balances(row)));
              return balances;
            });
  }

  private static Balances balances(Row row) {
    return new Balances(
        amount(row, "available"),
        amount(row, "held"),
        amount(row, "charged"),
        amount(row, "settled"),
        amount(row, "withdrawing"),
        amount(row, "shortfall"));
  }

  private static TokenAmount amount(Row row, String column) {
    return new TokenAmount(Columns.amount(row, column));
  }

  private static Uni<Set<Book.Reference>> posted(SqlConnection connection, Collection<JobId> jobs) {
    return connection
        .preparedQuery(POSTED)
        .execute(Tuple.of(Columns.texts(jobs, JobId::toString)))
        .map(
            rows -> {
              Set<Book.Reference> posted = new HashSet<>();
              rows.forEach(
                  row ->
                      posted.add(
                          new Book.Reference(row.getString("reference"), row.getString("kind"))));
              return posted;
            });
  }

  /** Writes what was posted. Holds and charges move neither settled nor withdrawing money. */
  public List<Uni<RowSet<Row>>> save(SqlConnection connection, Book book) {
    List<Uni<RowSet<Row>>> writes = new ArrayList<>();
    var changed = book.changed().entrySet();
    if (!changed.isEmpty()) {
      writes.add(
          connection
              .preparedQuery(UPDATE)
              .execute(
                  Tuple.tuple()
                      .addValue(Columns.texts(changed, Map.Entry::getKey))
                      .addValue(Columns.texts(changed, e -> e.getValue().available().toString()))
                      .addValue(Columns.texts(changed, e -> e.getValue().held().toString()))
                      .addValue(Columns.texts(changed, e -> e.getValue().charged().toString()))
                      .addValue(Columns.texts(changed, e -> e.getValue().shortfall().toString()))));
    }
    if (!book.postings().isEmpty()) {
      writes.add(
          connection
              .preparedQuery(POST)
              .execute(
                  Tuple.tuple()
                      .addValue(Columns.texts(book.postings(), Book.Reference::reference))
                      .addValue(Columns.texts(book.postings(), Book.Reference::kind))));
    }
    List<Book.Entry> entries = book.entries();
    if (!entries.isEmpty()) {
      writes.add(
          connection
              .preparedQuery(ENTER)
              .execute(
                  Tuple.tuple()
                      .addValue(Columns.texts(entries, Book.Entry::client))
                      .addValue(Columns.texts(entries, e -> e.posting().kind()))
                      .addValue(Columns.texts(entries, e -> e.posting().reference()))
                      .addValue(Columns.ints(entries, Book.Entry::step))
                      .addValue(Columns.texts(entries, e -> e.account().name()))
                      .addValue(Columns.texts(entries, e -> e.amount().toString()))));
    }
    return writes;
  }
}
