package io.dgrid.edge.account;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/**
 * Grants of clients as the chain tells of them. Works inside the caller's transaction, which holds
 * the lock on the client's account.
 */
@ApplicationScoped
public class SpendingRepository {

  /** A final fact of the chain. A grant that is seen again keeps what was spent from it. */
  Uni<Void> grant(
      Mutiny.Session session,
      Address client,
      Address key,
      TokenAmount cap,
      long expiry,
      Hash scope) {
    return grant(session, client, key)
        .chain(
            known -> {
              KeyGrantRow row = known;
              boolean isNew = row == null;
              if (row == null) {
                row = new KeyGrantRow();
                row.id = new ClientKey(client.toString(), key.toString());
              }
              row.spendCap = cap.units();
              row.expiry = expiry;
              row.scope = scope.toString();
              row.revoked = false;
              return isNew ? session.persist(row) : Uni.createFrom().voidItem();
            });
  }

  Uni<Void> revoke(Mutiny.Session session, Address client, Address key) {
    return grant(session, client, key)
        .invoke(
            row -> {
              if (row != null) {
                row.revoked = true;
              }
            })
        .replaceWithVoid();
  }

  private static Uni<@Nullable KeyGrantRow> grant(
      Mutiny.Session session, Address client, Address key) {
    return session.find(KeyGrantRow.class, new ClientKey(client.toString(), key.toString()));
  }
}
