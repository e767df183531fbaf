package io.dgrid.edge.ledger;

import io.dgrid.core.identity.Address;
import io.dgrid.core.money.TokenAmount;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * Applies postings of single facts inside the caller's transaction; jobs come by the many, see
 * {@link BookRepository}. Each is applied once per reference and kind, however often it is asked
 * for. The lock on the client's row is the first lock of every transaction that changes anything of
 * that client, so that no two can wait for each other.
 */
@ApplicationScoped
public class LedgerRepository {

  /** Locks a client's row and makes it when there is none. */
  public Uni<Balances> lock(Mutiny.Session session, Address client) {
    return locked(session, client).map(ClientAccount::balances);
  }

  /** Balances as they are, without a lock. */
  public Uni<Balances> read(Mutiny.Session session, Address client) {
    return session
        .find(ClientAccount.class, client.toString())
        .map(row -> row == null ? Balances.NONE : row.balances());
  }

  public Uni<Boolean> deposit(
      Mutiny.Session session, Address client, String reference, TokenAmount amount) {
    return post(session, client, reference, "deposit", b -> b.deposit(amount));
  }

  public Uni<Boolean> requestWithdrawal(
      Mutiny.Session session, Address client, String reference, TokenAmount amount) {
    return post(session, client, reference, "withdrawal-request", b -> b.requestWithdrawal(amount));
  }

  public Uni<Boolean> withdraw(
      Mutiny.Session session, Address client, String reference, TokenAmount amount) {
    return post(session, client, reference, "withdrawal", b -> b.withdraw(amount));
  }

  public Uni<Boolean> settle(
      Mutiny.Session session, Address client, String reference, TokenAmount amount) {
    return post(session, client, reference, "settlement", b -> b.settle(amount));
  }

  private Uni<Boolean> post(
      Mutiny.Session session,
      Address client,
      String reference,
      String kind,
      Function<Balances, Posting> command) {
    return locked(session, client)
        .chain(
            row ->
                claim(session, reference, kind)
                    .chain(
                        first ->
                            first
                                ? apply(session, row, reference, kind, command)
                                    .replaceWith(Boolean.TRUE)
                                : Uni.createFrom().item(Boolean.FALSE)));
  }

  private Uni<ClientAccount> locked(Mutiny.Session session, Address client) {
    return session
        .createNativeQuery(
            "INSERT INTO edge.client_account (client) VALUES (:client) ON CONFLICT DO NOTHING")
        .setParameter("client", client.toString())
        .executeUpdate()
        .chain(
            () ->
                session.find(
                    ClientAccount.class, client.toString(), LockModeType.PESSIMISTIC_WRITE));
  }

  private static Uni<Boolean> claim(Mutiny.Session session, String reference, String kind) {
    return session
        .createNativeQuery(
            "INSERT INTO edge.ledger_posting (reference, kind) VALUES (:reference, :kind)"
                + " ON CONFLICT DO NOTHING")
        .setParameter("reference", reference)
        .setParameter("kind", kind)
        .executeUpdate()
        .map(rows -> rows == 1);
  }

  private static Uni<Void> apply(
      Mutiny.Session session,
      ClientAccount row,
      String reference,
      String kind,
      Function<Balances, Posting> command) {
    Posting posting = command.apply(row.balances());
    row.set(posting.after());
    if (posting.transfers().isEmpty()) {
      return session.flush();
    }
    List<String> values = new ArrayList<>();
    int step = 0;
    for (Transfer t : posting.transfers()) {
      values.add(entry(step, t.from(), t.amount().units().negate()));
      values.add(entry(step, t.to(), t.amount().units()));
      step++;
    }
    // Everything but the two parameters is a number or an enum name.
    return session
        .flush()
        .chain(
            () ->
                session
                    .createNativeQuery(
                        "INSERT INTO edge.ledger_entry"
                            + " (client, kind, reference, step, account, amount) SELECT "
                            + "CAST(:client AS text), CAST(:kind AS text),"
                            + " CAST(:reference AS text), v.step, v.account, v.amount FROM (VALUES "
                            + String.join(", ", values)
                            + ") AS v (step, account, amount)")
                    .setParameter("client", row.client)
                    .setParameter("kind", kind)
                    .setParameter("reference", reference)
                    .executeUpdate())
        .replaceWithVoid();
  }

  private static String entry(int step, LedgerAccount account, BigInteger amount) {
    return "(%d, '%s', CAST(%s AS numeric))".formatted(step, account, amount);
  }
}
