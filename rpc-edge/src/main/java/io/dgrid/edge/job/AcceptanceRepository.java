package io.dgrid.edge.job;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.money.Price;
import io.dgrid.edge.Columns;
import io.dgrid.edge.Database;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.GroupCommit;
import io.dgrid.edge.account.AllowanceRepository;
import io.dgrid.edge.account.ReceiptRepository;
import io.dgrid.edge.admission.Candidate;
import io.dgrid.edge.job.AcceptanceRound.ClientKey;
import io.dgrid.edge.job.AcceptanceRound.Facts;
import io.dgrid.edge.job.AcceptanceRound.Nonce;
import io.dgrid.edge.ledger.Book;
import io.dgrid.edge.ledger.BookRepository;
import io.dgrid.edge.limit.Limits.Signatory;
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
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The one transaction that makes candidates jobs: authority, idempotency key, nonce, price, caps,
 * hold and the row from which each is sent to the log. Candidates that come at the same time share
 * it; a refusal undoes what it refuses and nothing else.
 */
@ApplicationScoped
class AcceptanceRepository {
  /** What became of a candidate. */
  sealed interface Acceptance {
    /** A job that is to be sent to the log. */
    record New(JobRow job) implements Acceptance {}

    /** The idempotency key named this job before. */
    record Known(JobRow job) implements Acceptance {}
  }

  /**
   * A candidate that waits for its decision.
   *
   * @param row the job as it would be stored
   * @param cheapest the lowest maximum price that can win now, if known
   * @param authorised called when the signer is known to act for the client; may refuse
   */
  record Asked(Candidate candidate, JobRow row, Optional<Price> cheapest, Runnable authorised) {}

  /** Names the number of live jobs in the refusal of one too many. */
  static final String LIVE = "live_jobs";

  private static final int MOST = 64;
  private static final int AT_ONCE = 2;

  private static final String KNOWN =
      "SELECT k.client AS key_client, k.key AS key_key, "
          + JobRows.COLUMNS
          + " FROM edge.idempotency_key AS k"
          + " JOIN unnest($1::text[], $2::text[]) AS v (client, key)"
          + " ON k.client = v.client AND k.key = v.key JOIN edge.job AS j ON j.job_id = k.job_id";
  private static final String USED =
      """
      SELECT n.client, n.signer, n.nonce
      FROM edge.used_nonce AS n JOIN unnest($1::text[], $2::text[], $3::bigint[])
        AS v (client, signer, nonce)
        ON n.client = v.client AND n.signer = v.signer AND n.purpose = 'job' AND n.nonce = v.nonce""";
  private static final String LIVE_JOBS =
      "SELECT client, count(*) AS live FROM edge.job"
          + " WHERE client = ANY($1) AND finished_at = 0 GROUP BY client";
  private static final String USE =
      """
      INSERT INTO edge.used_nonce (client, signer, purpose, nonce, expires_at)
      SELECT v.client, v.signer, 'job', v.nonce, v.expires_at
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
        AS v (client, signer, nonce, expires_at)""";
  private static final String REMEMBER =
      """
      INSERT INTO edge.idempotency_key (client, key, job_id, expires_at)
      SELECT v.client, v.key, v.job_id, v.expires_at
      FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
        AS v (client, key, job_id, expires_at)""";

  private final Database database;
  private final BookRepository books;
  private final AllowanceRepository allowances;
  private final ReceiptRepository receipts;
  private final EdgeConfig.Admission limits;
  private final JobPace pace;
  private final GroupCommit<Asked, Acceptance> group =
      new GroupCommit<>(MOST, AT_ONCE, this::acceptAll);

  AcceptanceRepository(
      Database database,
      BookRepository books,
      AllowanceRepository allowances,
      ReceiptRepository receipts,
      EdgeConfig config,
      JobPace pace) {
    this.database = database;
    this.books = books;
    this.allowances = allowances;
    this.receipts = receipts;
    this.limits = config.admission();
    this.pace = pace;
  }

  Uni<Acceptance> accept(Asked asked) {
    return group.add(asked);
  }

  private Uni<Void> acceptAll(List<GroupCommit.Item<Asked, Acceptance>> items) {
    List<Candidate> candidates = items.stream().map(item -> item.asked().candidate()).toList();
    Set<Address> clients =
        candidates.stream().map(c -> c.request().client()).collect(Collectors.toSet());
    List<JobId> jobs = candidates.stream().map(Candidate::job).toList();
    return database.inPlainTransaction(
        // The locks first: what is read after them stays true until the commit.
        connection ->
            books.open(connection, clients, jobs, () -> facts(connection, candidates, clients)),
        (connection, facts) -> save(connection, decide(items, facts), facts));
  }

  private AcceptanceRound decide(List<GroupCommit.Item<Asked, Acceptance>> items, Facts facts) {
    AcceptanceRound round = new AcceptanceRound(facts, limits, pace);
    for (var item : items) {
      try {
        item.answer(round.decide(item.asked()));
      } catch (RuntimeException refusal) {
        item.refuse(refusal);
      }
    }
    return round;
  }

  private Uni<Function<Book, Facts>> facts(
      SqlConnection connection, List<Candidate> candidates, Set<Address> clients) {
    Set<Signatory> signatories =
        candidates.stream()
            .filter(c -> !c.signer().equals(c.request().client()))
            .map(c -> new Signatory(c.request().client(), c.signer()))
            .collect(Collectors.toSet());
    Set<String> apiKeys =
        candidates.stream()
            .flatMap(c -> c.submission().apiKey().stream())
            .map(Object::toString)
            .collect(Collectors.toSet());
    Set<Address> direct =
        candidates.stream()
            .filter(c -> c.submission().apiKey().isEmpty())
            .map(c -> c.request().client())
            .collect(Collectors.toSet());
    return Uni.combine()
        .all()
        .unis(
            allowances.read(connection, signatories, apiKeys),
            known(connection, candidates),
            used(connection, candidates),
            live(connection, clients),
            direct.isEmpty()
                ? Uni.createFrom().item(Map.<String, List<String>>of())
                : receipts.unconfirmedDirect(connection, direct))
        .with(
            (allowed, known, used, live, unconfirmed) ->
                book -> new Facts(book, allowed, known, used, live, unconfirmed));
  }

  private static Uni<Map<ClientKey, JobRow>> known(
      SqlConnection connection, List<Candidate> candidates) {
    List<ClientKey> keys =
        candidates.stream().flatMap(c -> AcceptanceRound.idempotencyKey(c).stream()).toList();
    if (keys.isEmpty()) {
      return Uni.createFrom().item(new HashMap<>());
    }
    return connection
        .preparedQuery(KNOWN)
        .execute(
            Tuple.tuple()
                .addValue(Columns.texts(keys, ClientKey::client))
                .addValue(Columns.texts(keys, ClientKey::key)))
        .map(
            rows -> {
              Map<ClientKey, JobRow> known = new HashMap<>();
              rows.forEach(
                  row ->
                      known.put(
                          new ClientKey(row.getString("key_client"), row.getString("key_key")),
                          JobRows.read(row)));
              return known;
            });
  }

  private static Uni<Set<Nonce>> used(SqlConnection connection, List<Candidate> candidates) {
    List<Nonce> nonces = candidates.stream().map(AcceptanceRound::nonce).toList();
    return connection
        .preparedQuery(USED)
        .execute(
            Tuple.tuple()
                .addValue(Columns.texts(nonces, Nonce::client))
                .addValue(Columns.texts(nonces, Nonce::signer))
                .addValue(Columns.longs(nonces, Nonce::nonce)))
        .map(
            rows -> {
              Set<Nonce> used = new HashSet<>();
              rows.forEach(
                  row ->
                      used.add(
                          new Nonce(
                              row.getString("client"),
                              row.getString("signer"),
                              row.getLong("nonce"))));
              return used;
            });
  }

  private static Uni<Map<String, Long>> live(
      SqlConnection connection, Collection<Address> clients) {
    return connection
        .preparedQuery(LIVE_JOBS)
        .execute(Tuple.of(Columns.texts(clients, Address::toString)))
        .map(
            rows -> {
              Map<String, Long> live = new HashMap<>();
              rows.forEach(row -> live.put(row.getString("client"), row.getLong("live")));
              return live;
            });
  }

  private List<Uni<RowSet<Row>>> save(
      SqlConnection connection, AcceptanceRound round, Facts facts) {
    List<Asked> accepted = round.accepted();
    if (accepted.isEmpty()) {
      return List.of();
    }
    List<Uni<RowSet<Row>>> writes = new ArrayList<>();
    writes.addAll(books.save(connection, facts.book()));
    writes.addAll(allowances.save(connection, facts.allowances()));
    writes.add(use(connection, accepted));
    List<Asked> named =
        accepted.stream()
            .filter(a -> !a.candidate().submission().idempotencyKey().isEmpty())
            .toList();
    if (!named.isEmpty()) {
      writes.add(remember(connection, named));
    }
    writes.add(JobRows.insert(connection, accepted.stream().map(Asked::row).toList()));
    return writes;
  }

  private static Uni<RowSet<Row>> use(SqlConnection connection, List<Asked> accepted) {
    return connection
        .preparedQuery(USE)
        .execute(
            Tuple.tuple()
                .addValue(Columns.texts(accepted, a -> a.row().client))
                .addValue(Columns.texts(accepted, a -> a.row().signer))
                .addValue(Columns.longs(accepted, a -> a.candidate().request().nonce()))
                .addValue(Columns.longs(accepted, a -> a.candidate().request().expiry())));
  }

  private Uni<RowSet<Row>> remember(SqlConnection connection, List<Asked> named) {
    long retention = limits.idempotencyRetention().toMillis();
    return connection
        .preparedQuery(REMEMBER)
        .execute(
            Tuple.tuple()
                .addValue(Columns.texts(named, a -> a.row().client))
                .addValue(Columns.texts(named, a -> a.candidate().submission().idempotencyKey()))
                .addValue(Columns.texts(named, a -> a.row().jobId))
                .addValue(Columns.longs(named, a -> a.row().acceptedAt + retention)));
  }
}
