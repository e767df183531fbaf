package io.dgrid.edge.account;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.TokenAmount;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/**
 * Who may spend a client's money. Works inside the caller's transaction, which holds the lock on
 * the client's account.
 */
@ApplicationScoped
public class SpendingRepository {

  /**
   * Whether {@code signer} may ask in the client's name.
   *
   * @param now Unix milliseconds
   * @return fails with INVALID_SIGNATURE or, for a grant of another model, PERMISSION_DENIED
   */
  public Uni<Void> requireAuthority(
      Mutiny.Session session, Address client, Address signer, ModelId model, long now) {
    if (signer.equals(client)) {
      return Uni.createFrom().voidItem();
    }
    return session
        .find(KeyGrantRow.class, new ClientKey(client.toString(), signer.toString()))
        .invoke(grant -> requireGrant(grant, client, signer, model, now))
        .replaceWithVoid();
  }

  /** Takes the worst case of a job from the caps of the grant and of the API key. */
  public Uni<Void> spend(
      Mutiny.Session session,
      Address client,
      Address signer,
      Optional<Hash> apiKey,
      TokenAmount amount,
      long now) {
    return grant(session, client, signer)
        .invoke(
            grant -> {
              if (grant != null) {
                grant.spend(amount);
              }
            })
        .chain(() -> apiKey(session, apiKey.map(Hash::toString)))
        .invoke(
            key -> {
              if (apiKey.isPresent() && (key == null || !key.isValid(now))) {
                throw ApiKeys.invalid();
              }
              if (key != null) {
                key.spend(amount);
              }
            })
        .replaceWithVoid();
  }

  /** Returns what a job did not use. */
  public Uni<Void> giveBack(
      Mutiny.Session session,
      Address client,
      Address signer,
      Optional<String> apiKey,
      TokenAmount amount) {
    return grant(session, client, signer)
        .invoke(
            grant -> {
              if (grant != null) {
                grant.giveBack(amount);
              }
            })
        .chain(() -> apiKey(session, apiKey))
        .invoke(
            key -> {
              if (key != null) {
                key.giveBack(amount);
              }
            })
        .replaceWithVoid();
  }

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

  private static Uni<@Nullable ApiKeyRow> apiKey(Mutiny.Session session, Optional<String> keyId) {
    return keyId
        .map(id -> session.find(ApiKeyRow.class, id))
        .orElseGet(() -> Uni.createFrom().nullItem());
  }

  private static void requireGrant(
      @Nullable KeyGrantRow grant, Address client, Address signer, ModelId model, long now) {
    if (grant == null || !grant.isValid(now)) {
      throw KeyGrantRow.notGranted(
          "signed by %s, which is neither the client %s nor a key with a valid grant of it"
              .formatted(signer, client));
    }
    if (!grant.covers(model)) {
      throw new DGridException(
          ErrorCode.PERMISSION_DENIED, "the grant of %s is for another model".formatted(signer));
    }
  }
}
