package io.dgrid.edge.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.edge.Database;
import io.dgrid.edge.TestNetwork;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.pgclient.PgException;
import jakarta.inject.Inject;
import jakarta.persistence.Tuple;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.hibernate.reactive.mutiny.Mutiny;
import org.junit.jupiter.api.Test;

/** The same law in PostgreSQL: concurrent, duplicated and rolled-back transactions included. */
@QuarkusTest
@QuarkusTestResource(TestNetwork.class)
class LedgerPropertyIT {
  private static final String DIVISION_BY_ZERO = "22012";
  private static final int STEPS = 150;

  @Inject Database database;
  @Inject LedgerRepository ledger;
  @Inject BookRepository books;

  /** A job that was held, with the amount. */
  private record Held(JobId job, TokenAmount amount) {}

  @Test
  void moneyConservesUnderConcurrencyDuplicatesAndCrashes() {
    long seed = Long.getLong("seed", 20_261_123L);
    Random random = new Random(seed);
    Address client = SigningKey.random().address();
    List<Held> held = new ArrayList<>();
    List<Uni<Boolean>> running = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      running.addAll(step(random, client, held, i));
      if (running.size() > 8) {
        settleAll(running);
      }
    }
    settleAll(running);

    Tuple sums = sums(client);
    assertThat(sums.get(0, BigDecimal.class)).as("seed %d", seed).isEqualByComparingTo("0");
    assertThat(sums.get(1, Number.class).longValue()).as("unbalanced, seed %d", seed).isZero();
    Balances now = run(session -> ledger.read(session, client));
    assertThat(accountSum(client, "AVAILABLE")).isEqualTo(now.available().units());
    assertThat(accountSum(client, "HELD")).isEqualTo(now.held().units());
    assertThat(accountSum(client, "CHARGED")).isEqualTo(now.charged().units());
    assertThat(accountSum(client, "EXTERNAL").negate()).isEqualTo(now.deposited().units());
  }

  private List<Uni<Boolean>> step(Random random, Address client, List<Held> held, int i) {
    TokenAmount amount = TokenAmount.of(1 + random.nextInt(1000));
    int kind = random.nextInt(4);
    Supplier<Uni<Boolean>> work;
    Supplier<Uni<Boolean>> crash;
    if (kind == 0) {
      String reference = client + ":" + i;
      Function<Mutiny.Session, Uni<Boolean>> deposit =
          session -> ledger.deposit(session, client, reference, amount);
      work = () -> database.inTransaction(deposit);
      crash =
          () ->
              database.inTransaction(
                  session ->
                      deposit
                          .apply(session)
                          .onItem()
                          .failWith(() -> new IllegalStateException("crash before the commit")));
    } else if (kind == 1 || held.isEmpty()) {
      JobId job = new JobId(new Hash(random.nextLong(), i, 0, 1));
      held.add(new Held(job, amount));
      work = () -> post(client, job, book -> book.hold(client, job, amount), false);
      crash = () -> post(client, job, book -> book.hold(client, job, amount), true);
    } else {
      Held one = held.remove(random.nextInt(held.size()));
      TokenAmount charge = TokenAmount.of(random.nextLong(one.amount().units().longValue() + 1));
      Function<Book, Boolean> close =
          // A hold may have been refused: then there is nothing to close.
          book ->
              book.knows(one.job(), "hold") && book.close(client, one.job(), one.amount(), charge);
      work = () -> post(client, one.job(), close, false);
      crash = () -> post(client, one.job(), close, true);
    }
    List<Uni<Boolean>> runs = new ArrayList<>();
    if (random.nextInt(3) == 0) {
      runs.add(crash.get());
    }
    int times = 1 + random.nextInt(2);
    for (int n = 0; n < times; n++) {
      runs.add(work.get());
    }
    return runs;
  }

  private Uni<Boolean> post(
      Address client, JobId job, Function<Book, Boolean> posting, boolean crash) {
    AtomicBoolean first = new AtomicBoolean();
    return database
        .inPlainTransaction(
            connection -> books.open(connection, List.of(client), List.of(job)),
            (connection, book) -> {
              first.set(posting.apply(book));
              List<Uni<RowSet<Row>>> writes = new ArrayList<>(books.save(connection, book));
              if (crash) {
                writes.add(connection.query("SELECT 1 / 0").execute());
              }
              return writes;
            })
        .map(committed -> first.get());
  }

  private static void settleAll(List<Uni<Boolean>> running) {
    List<Uni<Boolean>> tolerant =
        running.stream()
            .map(one -> one.onFailure(LedgerPropertyIT::isExpected).recoverWithItem(false))
            .toList();
    Uni.join().all(tolerant).andFailFast().await().atMost(Duration.ofSeconds(30));
    running.clear();
  }

  private static boolean isExpected(Throwable failure) {
    return failure instanceof DGridException
        || failure instanceof IllegalStateException
        || failure instanceof PgException crash && DIVISION_BY_ZERO.equals(crash.getSqlState());
  }

  private Tuple sums(Address client) {
    return run(
        session ->
            session
                .createNativeQuery(
                    "SELECT coalesce(sum(amount), 0), (SELECT count(*) FROM (SELECT 1 FROM"
                        + " edge.ledger_entry WHERE client = :client GROUP BY reference, kind, step"
                        + " HAVING sum(amount) <> 0 OR count(*) <> 2) AS broken)"
                        + " FROM edge.ledger_entry WHERE client = :client",
                    Tuple.class)
                .setParameter("client", client.toString())
                .getSingleResult());
  }

  private BigInteger accountSum(Address client, String account) {
    return run(session ->
            session
                .createNativeQuery(
                    "SELECT coalesce(sum(amount), 0) FROM edge.ledger_entry"
                        + " WHERE client = :client AND account = :account",
                    BigDecimal.class)
                .setParameter("client", client.toString())
                .setParameter("account", account)
                .getSingleResult())
        .toBigIntegerExact();
  }

  private <T> T run(Function<Mutiny.Session, Uni<T>> work) {
    return database.inTransaction(work).await().atMost(Duration.ofSeconds(10));
  }
}
