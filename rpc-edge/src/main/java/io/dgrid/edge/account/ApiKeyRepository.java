package io.dgrid.edge.account;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.receipt.ApiKeyCreation;
import io.dgrid.core.receipt.ApiKeyRevocation;
import io.dgrid.edge.Database;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.GroupCommit;
import io.dgrid.edge.GroupCommit.Item;
import io.dgrid.edge.ledger.LedgerRepository;
import io.dgrid.edge.limit.Limits;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hibernate.reactive.mutiny.Mutiny;

/** API keys: only hashes of their secrets are stored, and every use asks the database. */
@ApplicationScoped
public class ApiKeyRepository {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int MOST_LOOKUPS = 64;
  private static final int LOOKUPS_AT_ONCE = 2;

  /** Who holds a key. */
  public record Holder(Hash keyId, Address client) {}

  /** A fresh key with the secret that is shown once. */
  record Created(Hash keyId, String secret) {}

  private final Database database;
  private final LedgerRepository ledger;
  private final EdgeConfig config;
  private final InstantSource clock;
  private final Limits limits;
  private final GroupCommit<Hash, Optional<ApiKeyRow>> lookups =
      new GroupCommit<>(MOST_LOOKUPS, LOOKUPS_AT_ONCE, this::findAll);

  ApiKeyRepository(
      Database database,
      LedgerRepository ledger,
      EdgeConfig config,
      InstantSource clock,
      Limits limits) {
    this.limits = limits;
    this.database = database;
    this.ledger = ledger;
    this.config = config;
    this.clock = clock;
  }

  /** Whose secret it is; fails with INVALID_API_KEY, the same for every reason, or RATE_LIMITED. */
  public Uni<Holder> authenticate(String secret) {
    if (!ApiKeys.looksLikeSecret(secret)) {
      return Uni.createFrom().failure(ApiKeys.invalid());
    }
    byte[] hash = ApiKeys.hash(secret);
    return Uni.createFrom()
        .deferred(
            () -> {
              // Before the database is asked: only who knows the secret can use up its rate.
              limits.requireSecret(Hash.of(hash));
              return lookups.add(Hash.of(hash));
            })
        .map(
            found -> {
              ApiKeyRow row =
                  found
                      .filter(key -> MessageDigest.isEqual(key.secretHash, hash))
                      .filter(key -> key.isValid(clock.millis()))
                      .orElseThrow(ApiKeys::invalid);
              return new Holder(Hash.fromHex(row.keyId), Address.fromHex(row.client));
            });
  }

  /** Callers that come at the same time ask together. */
  private Uni<Void> findAll(List<Item<Hash, Optional<ApiKeyRow>>> items) {
    Buffer[] hashes =
        items.stream()
            .map(item -> Buffer.buffer(item.asked().toBytes()))
            .distinct()
            .toArray(Buffer[]::new);
    return database
        .query(
            "SELECT key_id, secret_hash, client, expiry, revoked FROM edge.api_key"
                + " WHERE secret_hash = ANY($1)",
            Tuple.tuple().addValue(hashes))
        .invoke(
            rows -> {
              Map<Hash, ApiKeyRow> found = new HashMap<>();
              rows.forEach(row -> found.put(Hash.of(secretHash(row)), key(row)));
              items.forEach(item -> item.answer(Optional.ofNullable(found.get(item.asked()))));
            })
        .replaceWithVoid();
  }

  private static byte[] secretHash(Row row) {
    return row.getBuffer("secret_hash").getBytes();
  }

  private static ApiKeyRow key(Row row) {
    ApiKeyRow key = new ApiKeyRow();
    key.keyId = row.getString("key_id");
    key.secretHash = secretHash(row);
    key.client = row.getString("client");
    key.expiry = row.getLong("expiry");
    key.revoked = row.getBoolean("revoked");
    return key;
  }

  /** Makes a key; fails with NONCE_REPLAYED or, with too many keys, RATE_LIMITED. */
  Uni<Created> create(ApiKeyCreation wish) {
    byte[] id = new byte[Hash.BYTES];
    RANDOM.nextBytes(id);
    String secret = ApiKeys.newSecret();
    ApiKeyRow row = new ApiKeyRow();
    row.keyId = Hash.of(id).toString();
    row.secretHash = ApiKeys.hash(secret);
    row.client = wish.client().toString();
    row.label = wish.label();
    row.spendCap = wish.spendCap().units();
    row.expiry = wish.expiry();
    row.createdAt = clock.millis();
    return database
        .inTransaction(
            session ->
                ledger
                    .lock(session, wish.client())
                    .chain(() -> useNonce(session, wish.client(), wish.nonce(), wish.validBefore()))
                    .chain(() -> requireRoom(session, wish.client()))
                    .chain(() -> session.persist(row)))
        .replaceWith(new Created(Hash.of(id), secret));
  }

  /** Ends a key; a key that is revoked already stays so. Fails with NOT_FOUND. */
  Uni<Void> revoke(ApiKeyRevocation wish) {
    return database.inTransaction(
        session ->
            ledger
                .lock(session, wish.client())
                .chain(() -> useNonce(session, wish.client(), wish.nonce(), wish.validBefore()))
                .chain(() -> session.find(ApiKeyRow.class, wish.keyId().toString()))
                .invoke(
                    row -> {
                      if (row == null || !row.client.equals(wish.client().toString())) {
                        throw new DGridException(
                            ErrorCode.NOT_FOUND, "the client has no such API key");
                      }
                      row.revoked = true;
                    })
                .replaceWithVoid());
  }

  /** Newest first. */
  Uni<List<ApiKeyRow>> list(Address client) {
    return database.inTransaction(
        session ->
            session
                .createQuery(
                    "from ApiKeyRow where client = :client order by createdAt desc",
                    ApiKeyRow.class)
                .setParameter("client", client.toString())
                .setMaxResults(1000)
                .getResultList());
  }

  private Uni<Void> requireRoom(Mutiny.Session session, Address client) {
    return session
        .createNativeQuery(
            "SELECT count(*) FROM edge.api_key WHERE client = :client AND NOT revoked", Long.class)
        .setParameter("client", client.toString())
        .getSingleResult()
        .invoke(
            count -> {
              if (count >= config.accounts().maxApiKeys()) {
                throw new DGridException(
                    ErrorCode.RATE_LIMITED,
                    "the client has %d API keys: revoke some".formatted(count));
              }
            })
        .replaceWithVoid();
  }

  private static Uni<Void> useNonce(
      Mutiny.Session session, Address client, long nonce, long validBefore) {
    return session
        .createNativeQuery(
            "INSERT INTO edge.used_nonce (client, signer, purpose, nonce, expires_at)"
                + " VALUES (:client, :client, 'account', :nonce, :expires) ON CONFLICT DO NOTHING")
        .setParameter("client", client.toString())
        .setParameter("nonce", nonce)
        .setParameter("expires", validBefore)
        .executeUpdate()
        .invoke(
            rows -> {
              if (rows == 0) {
                throw new DGridException(
                    ErrorCode.NONCE_REPLAYED, "the nonce was used before by this client");
              }
            })
        .replaceWithVoid();
  }
}
