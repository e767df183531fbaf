package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.account.Allowances;
import io.dgrid.edge.admission.Candidate;
import io.dgrid.edge.job.AcceptanceRepository.Acceptance;
import io.dgrid.edge.job.AcceptanceRepository.Asked;
import io.dgrid.edge.ledger.Book;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides the candidates of one transaction, one after the other, by what was read under the locks
 * and what the ones before have taken. A refused one takes nothing.
 */
final class AcceptanceRound {
  /** A client's idempotency key. */
  record ClientKey(String client, String key) {}

  /** A nonce that was used. */
  record Nonce(String client, String signer, long nonce) {}

  /**
   * What was read; the collections take up what this round adds.
   *
   * @param known jobs by idempotency key
   * @param used nonces of these candidates that were used before
   * @param live jobs of each client that have not ended
   * @param unconfirmed hashes of each direct client's receipts that no voucher covers
   */
  record Facts(
      Book book,
      Allowances allowances,
      Map<ClientKey, JobRow> known,
      Set<Nonce> used,
      Map<String, Long> live,
      Map<String, List<String>> unconfirmed) {}

  private final Facts facts;
  private final EdgeConfig.Admission limits;
  private final JobPace pace;
  private final List<Asked> accepted = new ArrayList<>();

  AcceptanceRound(Facts facts, EdgeConfig.Admission limits, JobPace pace) {
    this.facts = facts;
    this.limits = limits;
    this.pace = pace;
  }

  /** Candidates that became jobs. */
  List<Asked> accepted() {
    return accepted;
  }

  /**
   * @throws DGridException the refusal
   */
  Acceptance decide(Asked asked) {
    Candidate candidate = asked.candidate();
    JobRequest request = candidate.request();
    JobRow row = asked.row();
    facts
        .allowances()
        .requireAuthority(request.client(), candidate.signer(), request.modelId(), row.acceptedAt);
    asked.authorised().run();
    Optional<JobRow> known = known(candidate);
    if (known.isPresent()) {
      return new Acceptance.Known(known.get());
    }
    Nonce nonce = nonce(candidate);
    requireFresh(nonce);
    requirePrice(candidate, asked.cheapest());
    long live = facts.live().getOrDefault(row.client, 0L);
    requireFewLiveJobs(live);
    requireConfirmed(candidate);
    hold(candidate, row);
    facts.used().add(nonce);
    facts.live().put(row.client, live + 1);
    idempotencyKey(candidate).ifPresent(key -> facts.known().put(key, row));
    accepted.add(asked);
    return new Acceptance.New(row);
  }

  static Nonce nonce(Candidate candidate) {
    JobRequest request = candidate.request();
    return new Nonce(request.client().toString(), candidate.signer().toString(), request.nonce());
  }

  static Optional<ClientKey> idempotencyKey(Candidate candidate) {
    String key = candidate.submission().idempotencyKey();
    return key.isEmpty()
        ? Optional.empty()
        : Optional.of(new ClientKey(candidate.request().client().toString(), key));
  }

  private Optional<JobRow> known(Candidate candidate) {
    Optional<JobRow> known = idempotencyKey(candidate).map(facts.known()::get);
    known.ifPresent(
        job -> {
          if (!job.jobId.equals(candidate.job().toString())) {
            throw new DGridException(
                ErrorCode.IDEMPOTENCY_CONFLICT,
                "the idempotency key belongs to another request",
                Map.of("job_id", job.jobId));
          }
        });
    return known;
  }

  private void requireFresh(Nonce nonce) {
    if (facts.used().contains(nonce)) {
      throw new DGridException(
          ErrorCode.NONCE_REPLAYED,
          "nonce %s was used before by this client and key"
              .formatted(Long.toUnsignedString(nonce.nonce())));
    }
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

  private void requireFewLiveJobs(long live) {
    if (live >= limits.maxLiveJobs()) {
      throw new DGridException(
          ErrorCode.RATE_LIMITED,
          "the client has %d jobs running, allowed are %d".formatted(live, limits.maxLiveJobs()),
          Map.of(
              AcceptanceRepository.LIVE,
              Long.toString(live),
              "retry_after_ms",
              Long.toString(pace.untilNextEnd(live))));
    }
  }

  /** Jobs of API keys are confirmed by this edge itself. */
  private void requireConfirmed(Candidate candidate) {
    if (candidate.submission().apiKey().isPresent()) {
      return;
    }
    List<String> receipts =
        facts.unconfirmed().getOrDefault(candidate.request().client().toString(), List.of());
    if (receipts.size() >= limits.maxUnconfirmedReceipts()) {
      throw new DGridException(
          ErrorCode.VOUCHER_OUTSTANDING,
          "%d receipts wait for a voucher, allowed are %d: sign them first"
              .formatted(receipts.size(), limits.maxUnconfirmedReceipts() - 1),
          Map.of("receipts", String.join(",", receipts)));
    }
  }

  private void hold(Candidate candidate, JobRow row) {
    Address client = candidate.request().client();
    facts
        .allowances()
        .spend(
            client,
            candidate.signer(),
            candidate.submission().apiKey(),
            candidate.worstCase(),
            row.acceptedAt);
    try {
      facts.book().hold(client, candidate.job(), candidate.worstCase());
    } catch (DGridException refused) {
      facts
          .allowances()
          .giveBack(
              client,
              candidate.signer(),
              candidate.submission().apiKey().map(Object::toString),
              candidate.worstCase());
      throw refused;
    }
  }
}
