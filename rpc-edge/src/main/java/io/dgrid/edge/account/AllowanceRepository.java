package io.dgrid.edge.account;

import io.dgrid.edge.Columns;
import io.dgrid.edge.limit.Limits.Signatory;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Grants and API keys of many clients at once. Works inside the caller's transaction, which holds
 * the locks on the clients' accounts.
 */
@ApplicationScoped
public class AllowanceRepository {
  private static final String GRANTS =
      """
      SELECT g.client, g.key, g.spend_cap, g.spent, g.expiry, g.scope, g.revoked
      FROM edge.key_grant AS g JOIN unnest($1::text[], $2::text[]) AS v (client, key)
        ON g.client = v.client AND g.key = v.key""";
  private static final String KEYS =
      "SELECT key_id, client, spend_cap, spent, expiry, revoked FROM edge.api_key"
          + " WHERE key_id = ANY($1)";
  private static final String SPENT_OF_GRANTS =
      """
      UPDATE edge.key_grant AS g SET spent = v.spent::numeric
      FROM unnest($1::text[], $2::text[], $3::text[]) AS v (client, key, spent)
      WHERE g.client = v.client AND g.key = v.key""";
  private static final String SPENT_OF_KEYS =
      """
      UPDATE edge.api_key AS k SET spent = v.spent::numeric
      FROM unnest($1::text[], $2::text[]) AS v (key_id, spent) WHERE k.key_id = v.key_id""";

  /** The allowances of these; what does not exist is left out. */
  public Uni<Allowances> read(
      SqlConnection connection, Set<Signatory> signatories, Collection<String> apiKeys) {
    Uni<List<KeyGrantRow>> grants =
        connection
            .preparedQuery(GRANTS)
            .execute(
                Tuple.tuple()
                    .addValue(Columns.texts(signatories, s -> s.client().toString()))
                    .addValue(Columns.texts(signatories, s -> s.signer().toString())))
            .map(rows -> Columns.list(rows, AllowanceRepository::grant));
    Uni<List<ApiKeyRow>> keys =
        connection
            .preparedQuery(KEYS)
            .execute(Tuple.of(apiKeys.toArray(String[]::new)))
            .map(rows -> Columns.list(rows, AllowanceRepository::apiKey));
    return Uni.combine().all().unis(grants, keys).with(Allowances::new);
  }

  private static KeyGrantRow grant(Row row) {
    KeyGrantRow grant = new KeyGrantRow();
    grant.id = new ClientKey(row.getString("client"), row.getString("key"));
    grant.spendCap = Columns.amount(row, "spend_cap");
    grant.spent = Columns.amount(row, "spent");
    grant.expiry = row.getLong("expiry");
    grant.scope = row.getString("scope");
    grant.revoked = row.getBoolean("revoked");
    return grant;
  }

  private static ApiKeyRow apiKey(Row row) {
    ApiKeyRow key = new ApiKeyRow();
    key.keyId = row.getString("key_id");
    key.client = row.getString("client");
    key.spendCap = Columns.amount(row, "spend_cap");
    key.spent = Columns.amount(row, "spent");
    key.expiry = row.getLong("expiry");
    key.revoked = row.getBoolean("revoked");
    return key;
  }

  /** Writes what was spent and given back. */
  public List<Uni<RowSet<Row>>> save(SqlConnection connection, Allowances allowances) {
    List<Uni<RowSet<Row>>> writes = new ArrayList<>();
    Set<KeyGrantRow> grants = allowances.changedGrants();
    if (!grants.isEmpty()) {
      writes.add(
          connection
              .preparedQuery(SPENT_OF_GRANTS)
              .execute(
                  Tuple.tuple()
                      .addValue(Columns.texts(grants, g -> g.id.client()))
                      .addValue(Columns.texts(grants, g -> g.id.key()))
                      .addValue(Columns.texts(grants, g -> g.spent.toString()))));
    }
    Set<ApiKeyRow> keys = allowances.changedKeys();
    if (!keys.isEmpty()) {
      writes.add(
          connection
              .preparedQuery(SPENT_OF_KEYS)
              .execute(
                  Tuple.tuple()
                      .addValue(Columns.texts(keys, k -> k.keyId))
                      .addValue(Columns.texts(keys, k -> k.spent.toString()))));
    }
    return writes;
  }
}
