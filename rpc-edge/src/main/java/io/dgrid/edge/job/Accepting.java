package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.placement.Placement;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.admission.Admission;
import io.dgrid.edge.admission.Candidate;
import io.dgrid.edge.admission.Submission;
import io.dgrid.edge.job.AcceptanceRepository.Acceptance;
import io.dgrid.edge.limit.Limits;
import io.dgrid.edge.limit.Limits.Claim;
import io.dgrid.edge.limit.Limits.Signatory;
import io.dgrid.edge.limit.Starts.Start;
import io.dgrid.edge.market.Outlook;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.transport.codec.JobRequestCodec;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.Arrays;

/**
 * How a submission becomes a job in the database: from the cheapest look to the dearest, each in
 * its turn; see {@link Limits}.
 */
@ApplicationScoped
class Accepting {
  private final Admission admission;
  private final AcceptanceRepository acceptances;
  private final JobStreams streams;
  private final Limits limits;
  private final EdgeConfig config;
  private final InstantSource clock;

  Accepting(
      Admission admission,
      AcceptanceRepository acceptances,
      JobStreams streams,
      Limits limits,
      EdgeConfig config,
      InstantSource clock) {
    this.admission = admission;
    this.acceptances = acceptances;
    this.streams = streams;
    this.limits = limits;
    this.config = config;
    this.clock = clock;
  }

  /** Fails with the code of the first look that it does not pass. */
  Uni<Candidate> verified(Submission submission, Following following, String peer) {
    Address claimed = submission.request().statement().client();
    limits.requireRoom(claimed);
    streams.requireRoom();
    return limits
        .verifying()
        .take(
            new Claim(peer, claimed),
            () -> {
              following.requireThere();
              return admission.check(submission);
            })
        .invoke(candidate -> limits.requireSignatory(signatory(candidate)));
  }

  private static Signatory signatory(Candidate candidate) {
    // The bearer of an API key was identified by it; that this edge signs then proves nothing more.
    Address client = candidate.request().client();
    return new Signatory(
        client, candidate.submission().apiKey().isPresent() ? client : candidate.signer());
  }

  /** A place on the way to the first token, when it is this account's turn. */
  Uni<Start> begin(Candidate candidate) {
    return limits.starting().enter(signatory(candidate));
  }

  /** The transaction, when it is this account's turn. */
  Uni<Acceptance> accept(
      Candidate candidate, Outlook outlook, Following following, String traceparent) {
    return limits
        .accepting()
        .take(
            signatory(candidate),
            () -> {
              following.requireThere();
              return acceptances.accept(
                  new AcceptanceRepository.Asked(
                      candidate,
                      row(candidate, outlook.spread(), traceparent),
                      outlook.cheapest(),
                      () -> limits.requireGranted(signatory(candidate))));
            })
        .onFailure(Accepting::isOverItsShare)
        .invoke(failure -> limits.close(candidate.request().client(), retryAfter(failure)));
  }

  private static boolean isOverItsShare(Throwable failure) {
    return failure instanceof DGridException coded
        && coded.code() == ErrorCode.RATE_LIMITED
        && coded.metadata().containsKey(AcceptanceRepository.LIVE);
  }

  private static long retryAfter(Throwable failure) {
    return Long.parseLong(((DGridException) failure).metadata().get("retry_after_ms"));
  }

  private JobRow row(Candidate candidate, int spread, String traceparent) {
    JobRequest request = candidate.request();
    long now = clock.millis();
    JobRow row = new JobRow();
    row.jobId = candidate.job().toString();
    row.client = request.client().toString();
    row.signer = candidate.signer().toString();
    row.apiKey = candidate.submission().apiKey().map(Object::toString).orElse(null);
    row.modelId = request.modelId().toString();
    row.acceptedAt = now;
    row.deadline = candidate.deadline();
    row.inputTokens = candidate.promptTokens().length;
    row.maxOutputTokens = request.maxOutputTokens();
    row.held = candidate.worstCase().units();
    row.shard = Placement.shard(candidate.job(), spread);
    row.record =
        record(candidate, now, candidate.worstCase(), traceparent)
            .setShard(row.shard)
            .build()
            .toByteArray();
    return row;
  }

  private SubmittedJob.Builder record(
      Candidate candidate, long now, TokenAmount held, String traceparent) {
    Submission submission = candidate.submission();
    return SubmittedJob.newBuilder()
        .setJobId(Wire.bytes(candidate.job()))
        .setRequest(JobRequestCodec.toWire(submission.request()))
        .setPrompt(submission.prompt())
        .addAllPromptTokens(Arrays.stream(candidate.promptTokens()).boxed().toList())
        .setSampling(submission.sampling())
        .setSalt(Wire.bytes(submission.salt()))
        .setAcceptedAt(now)
        .setDeadline(candidate.deadline())
        .setReplyTo(config.relayAddress())
        .setLogprobs(submission.logprobs())
        .setHeld(held.toString())
        .setTraceparent(traceparent)
        .setHedgeAfterMs((int) submission.hedgeAfter().toMillis());
  }
}
