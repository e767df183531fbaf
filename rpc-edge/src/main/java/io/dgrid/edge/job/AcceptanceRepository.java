package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.edge.Database;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.account.ChannelRepository;
import io.dgrid.edge.account.SpendingRepository;
import io.dgrid.edge.admission.Candidate;
import io.dgrid.edge.ledger.LedgerRepository;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Optional;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * The one transaction that makes a candidate a job: authority, idempotency key, nonce, price, caps,
 * hold and the row from which it is sent to the log. Any refusal undoes all of it.
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

  /** Names the number of live jobs in the refusal of one too many. */
  static final String LIVE = "live_jobs";

  private final Database database;
  private final LedgerRepository ledger;
  private final SpendingRepository spending;
  private final ChannelRepository channels;
  private final EdgeConfig.Admission limits;
  private final JobPace pace;

  AcceptanceRepository(
      Database database,
      LedgerRepository ledger,
      SpendingRepository spending,
      ChannelRepository channels,
      EdgeConfig config,
      JobPace pace) {
    this.pace = pace;
    this.database = database;
    this.ledger = ledger;
    this.spending = spending;
    this.channels = channels;
    this.limits = config.admission();
  }

  /**
   * @param row the job as it would be stored
   * @param cheapest the lowest maximum price that can win now, if known
   * @param authorised called when the signer is known to act for the client; may refuse
   */
  Uni<Acceptance> accept(
      Candidate candidate, JobRow row, Optional<Price> cheapest, Runnable authorised) {
    return database.inTransaction(
        session ->
            // The lock first: what is read after it stays true until the commit.
            ledger
                .lock(session, candidate.request().client())
                .chain(() -> requireAuthority(session, candidate, row))
                .invoke(authorised)
                .chain(() -> known(session, candidate))
                .chain(
                    known ->
                        known.isPresent()
                            ? Uni.createFrom().<Acceptance>item(new Acceptance.Known(known.get()))
                            : admit(session, candidate, row, cheapest)));
  }

  private Uni<Void> requireAuthority(Mutiny.Session session, Candidate candidate, JobRow row) {
    JobRequest request = candidate.request();
    return spending.requireAuthority(
        session, request.client(), candidate.signer(), request.modelId(), row.acceptedAt);
  }

  private Uni<Optional<JobRow>> known(Mutiny.Session session, Candidate candidate) {
    String key = candidate.submission().idempotencyKey();
    if (key.isEmpty()) {
      return Uni.createFrom().item(Optional.empty());
    }
    return session
        .createNativeQuery(
            "SELECT job_id FROM edge.idempotency_key WHERE client = :client AND key = :key",
            String.class)
        .setParameter("client", candidate.request().client().toString())
        .setParameter("key", key)
        .getSingleResultOrNull()
        .chain(
            jobId -> {
              if (jobId == null) {
                return Uni.createFrom().item(Optional.<JobRow>empty());
              }
              if (!jobId.equals(candidate.job().toString())) {
                throw new DGridException(
                    ErrorCode.IDEMPOTENCY_CONFLICT,
                    "the idempotency key belongs to another request",
                    Map.of("job_id", jobId));
              }
              return session.find(JobRow.class, jobId).map(Optional::of);
            });
  }

  private Uni<Acceptance> admit(
      Mutiny.Session session, Candidate candidate, JobRow row, Optional<Price> cheapest) {
    return useNonce(session, candidate)
        .invoke(() -> requirePrice(candidate, cheapest))
        .chain(() -> requireFewLiveJobs(session, candidate))
        .chain(() -> requireConfirmed(session, candidate))
        .chain(
            () ->
                spending.spend(
                    session,
                    candidate.request().client(),
                    candidate.signer(),
                    candidate.submission().apiKey(),
                    candidate.worstCase(),
                    row.acceptedAt))
        .chain(
            () ->
                ledger.hold(
                    session, candidate.request().client(), candidate.job(), candidate.worstCase()))
        .chain(() -> remember(session, candidate, row))
        .chain(() -> session.persist(row))
        .replaceWith(new Acceptance.New(row));
  }

  private static Uni<Void> useNonce(Mutiny.Session session, Candidate candidate) {
    JobRequest request = candidate.request();
    return session
        .createNativeQuery(
            "INSERT INTO edge.used_nonce (client, signer, purpose, nonce, expires_at)"
                + " VALUES (:client, :signer, 'job', :nonce, :expires) ON CONFLICT DO NOTHING")
        .setParameter("client", request.client().toString())
        .setParameter("signer", candidate.signer().toString())
        .setParameter("nonce", request.nonce())
        .setParameter("expires", request.expiry())
        .executeUpdate()
        .invoke(
            rows -> {
              if (rows == 0) {
                throw new DGridException(
                    ErrorCode.NONCE_REPLAYED,
                    "nonce %s was used before by this client and key"
                        .formatted(Long.toUnsignedString(request.nonce())));
              }
            })
        .replaceWithVoid();
  }

  private static void requirePrice(Candidate candidate, Optional<Price> cheapest) {
    Price most = candidate.request().maxPrice();
    if (cheapest.isPresent() && most.compareTo(cheapest.get()) < 0) {
      throw new DGridException(
          ErrorCode.PRICE_TOO_LOW,
          "the cheapest offer needs a maximum price of %s per million tokens, the request allows %s"
              .formatted(cheapest.get(), most),
          Map.of("cheapest", cheapest.get().toString()));
    }
  }

  private Uni<Void> requireFewLiveJobs(Mutiny.Session session, Candidate candidate) {
    return session
        .createNativeQuery(
            "SELECT count(*) FROM edge.job WHERE client = :client AND finished_at = 0", Long.class)
        .setParameter("client", candidate.request().client().toString())
        .getSingleResult()
        .invoke(
            live -> {
              if (live >= limits.maxLiveJobs()) {
                throw new DGridException(
                    ErrorCode.RATE_LIMITED,
                    "the client has %d jobs running, allowed are %d"
                        .formatted(live, limits.maxLiveJobs()),
                    Map.of(
                        LIVE,
                        Long.toString(live),
                        "retry_after_ms",
                        Long.toString(pace.untilNextEnd(live))));
              }
            })
        .replaceWithVoid();
  }

  /** Jobs of API keys are confirmed by this edge itself. */
  private Uni<Void> requireConfirmed(Mutiny.Session session, Candidate candidate) {
    if (candidate.submission().apiKey().isPresent()) {
      return Uni.createFrom().voidItem();
    }
    return channels
        .unconfirmedDirect(session, candidate.request().client())
        .invoke(
            receipts -> {
              if (receipts.size() >= limits.maxUnconfirmedReceipts()) {
                throw new DGridException(
                    ErrorCode.VOUCHER_OUTSTANDING,
                    "%d receipts wait for a voucher, allowed are %d: sign them first"
                        .formatted(receipts.size(), limits.maxUnconfirmedReceipts() - 1),
                    Map.of("receipts", String.join(",", receipts)));
              }
            })
        .replaceWithVoid();
  }

  private Uni<Void> remember(Mutiny.Session session, Candidate candidate, JobRow row) {
    String key = candidate.submission().idempotencyKey();
    if (key.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return session
        .createNativeQuery(
            "INSERT INTO edge.idempotency_key (client, key, job_id, expires_at)"
                + " VALUES (:client, :key, :job, :expires)")
        .setParameter("client", row.client)
        .setParameter("key", key)
        .setParameter("job", row.jobId)
        .setParameter("expires", row.acceptedAt + limits.idempotencyRetention().toMillis())
        .executeUpdate()
        .replaceWithVoid();
  }
}
