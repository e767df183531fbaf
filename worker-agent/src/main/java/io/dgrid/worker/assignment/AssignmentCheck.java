package io.dgrid.worker.assignment;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.proto.job.v1.Sampling;
import io.dgrid.proto.worker.v1.Assignment;
import io.dgrid.transport.codec.JobRequestCodec;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.PromptCodec;
import io.dgrid.transport.codec.SamplingCodec;
import io.dgrid.transport.codec.Wire;
import io.dgrid.worker.model.ServedModel;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The worker trusts no scheduler: it runs only what a client signed, at a price it signed itself,
 * so that the receipt it will sign can be defended. Whether the request's signer may spend for the
 * client takes the chain's grants and is checked by the edge.
 */
public final class AssignmentCheck {
  // An offer that won may expire while its job waits in the log.
  private static final Duration OFFER_GRACE = Duration.ofMinutes(5);

  private final Domain domain;
  private final Address node;
  private final ServedModel model;
  private final InstantSource clock;

  public AssignmentCheck(Domain domain, Address node, ServedModel model, InstantSource clock) {
    this.domain = domain;
    this.node = node;
    this.model = model;
    this.clock = clock;
  }

  /**
   * @throws DGridException naming the first thing that is wrong
   */
  public AcceptedAssignment check(Assignment wire) {
    AttemptKey key = AttemptKey.of(wire.getJobId(), wire.getAttempt());
    Signed<JobRequest> signed = JobRequestCodec.fromWire(wire.getRequest());
    JobRequest request = signed.statement();
    Hash salt = Wire.hash(wire.getSalt(), "salt");
    requireModel(request);
    if (!request.jobId(domain).equals(key.jobId())) {
      throw Wire.invalid("job_id", "the digest of the request");
    }
    if (signed.signer(domain).isEmpty()) {
      throw new DGridException(
          ErrorCode.INVALID_SIGNATURE, "the request's signature fits no key in this domain");
    }
    if (!PromptCodec.hash(wire.getPrompt(), salt).equals(request.promptHash())) {
      throw Wire.invalid("prompt", "the one whose hash the client signed");
    }
    if (!SamplingCodec.hash(wire.getSampling()).equals(request.samplingHash())) {
      throw Wire.invalid("sampling", "the one whose hash the client signed");
    }
    int[] promptTokens = requireTokens(wire);
    int[] delivered = requireDelivered(wire, request, promptTokens.length);
    return new AcceptedAssignment(
        key,
        signed,
        requireOffer(wire, request),
        salt,
        promptTokens,
        delivered,
        sampling(wire.getSampling()),
        wire.getPrompt(),
        wire.getSampling(),
        wire.getLogprobs(),
        wire.hasPartition() ? OptionalInt.of(wire.getPartition()) : OptionalInt.empty());
  }

  private void requireModel(JobRequest request) {
    if (!request.modelId().equals(model.id())) {
      throw new DGridException(
          ErrorCode.UNKNOWN_MODEL, "this worker serves " + model.manifest().name() + " only");
    }
  }

  private Signed<Offer> requireOffer(Assignment wire, JobRequest request) {
    Signed<Offer> signed = OfferCodec.fromWire(wire.getOffer());
    Offer offer = signed.statement();
    // Our signature makes the prices ours; no other proof is needed.
    if (!offer.node().equals(node) || !signed.isBy(node, domain)) {
      throw Wire.invalid("offer", "one that this node signed");
    }
    if (!offer.modelId().equals(request.modelId())) {
      throw Wire.invalid("offer.model_id", "the model of the request");
    }
    if (clock.millis() > offer.validUntil() + OFFER_GRACE.toMillis()) {
      throw Wire.invalid("offer.valid_until", "less than five minutes in the past");
    }
    if (!offer.pricing().within(request.maxPrice())) {
      throw new DGridException(
          ErrorCode.PRICE_TOO_LOW, "the offer asks more than the client's maximum price");
    }
    return signed;
  }

  private int[] requireTokens(Assignment wire) {
    int[] stated = Wire.ints(wire.getPromptTokensList());
    int[] own = model.tokenize(wire.getPrompt()).orElse(new int[0]);
    if (!Arrays.equals(stated, own)) {
      throw Wire.invalid("prompt_tokens", "the model's own tokenisation of the prompt");
    }
    return own;
  }

  private int[] requireDelivered(Assignment wire, JobRequest request, int promptTokens) {
    int[] delivered = Wire.ints(wire.getDeliveredList());
    if (delivered.length >= request.maxOutputTokens()) {
      throw Wire.invalid("delivered", "shorter than the output that was asked for");
    }
    int context = model.manifest().contextLength();
    if ((long) promptTokens + delivered.length >= context) {
      throw new DGridException(
          ErrorCode.CONTEXT_EXCEEDED,
          "prompt and delivered output leave no room in the model's context",
          Map.of(
              "limit",
              Integer.toString(context),
              "tokens",
              Long.toString((long) promptTokens + delivered.length)));
    }
    return delivered;
  }

  private static SamplingParameters sampling(Sampling wire) {
    try {
      return new SamplingParameters(
          wire.getSeed(),
          wire.getTemperatureMicros(),
          wire.getTopPMicros(),
          wire.getTopK(),
          wire.getStopsList());
    } catch (IllegalArgumentException outOfBounds) {
      throw new DGridException(ErrorCode.INVALID_REQUEST, "sampling: " + outOfBounds.getMessage());
    }
  }
}
