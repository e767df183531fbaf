package io.dgrid.scheduler.worker;

import com.google.protobuf.ByteString;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.proto.receipt.v1.SignedOffer;
import io.dgrid.proto.worker.v1.AttemptChunk;
import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.proto.worker.v1.WorkerState;
import io.dgrid.scheduler.dispatch.Heard;
import io.dgrid.scheduler.dispatch.WireChunk;
import io.dgrid.scheduler.dispatch.WorkerReport;
import io.dgrid.scheduler.job.Result;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.FailureCodec;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Turns what a worker says into checked values. One per session, one thread at a time. */
final class Checks {
  private static final int LONGEST_NAME = 64;
  private static final int MOST_OFFERS = 256;
  private static final int MOST_RUNNING = 4096;
  private static final int REMEMBERED_SIGNERS = 64;

  private final Domain domain;
  private final InstantSource clock;
  private final SignerCache signers = new SignerCache(REMEMBERED_SIGNERS);
  private Map<ByteString, Signed<Offer>> verified = Map.of();

  Checks(Domain domain, InstantSource clock) {
    this.domain = domain;
    this.clock = clock;
  }

  /**
   * Who a session is with.
   *
   * @param field where both were stated, for the refusal
   * @throws DGridException INVALID_REQUEST
   */
  static WorkerId worker(ByteString node, String name, String field) {
    if (name.isBlank() || name.length() > LONGEST_NAME) {
      throw Wire.invalid(field + ".worker", "1 to 64 characters");
    }
    return new WorkerId(Wire.address(node, field + ".node"), name);
  }

  /**
   * One message of an open session; empty for a message of a newer protocol.
   *
   * @throws DGridException INVALID_REQUEST or INVALID_SIGNATURE; the session ends with it
   */
  Optional<Heard> heard(Address node, SessionRequest message) {
    return switch (message.getMessageCase()) {
      case STATE -> Optional.of(new Heard.State(state(node, message.getState())));
      case CHUNK -> Optional.of(piece(message.getChunk()));
      case RESULT -> Optional.of(outcome(node, message.getResult()));
      case OPENED -> Optional.of(new Heard.Opened(message.getOpened()));
      case SCORED -> Optional.of(new Heard.Scored(message.getScored()));
      case HELLO, PROOF -> throw Wire.invalid("message", "no second handshake");
      case MESSAGE_NOT_SET -> Optional.empty();
    };
  }

  private static Heard piece(AttemptChunk chunk) {
    if (!WireChunk.isWellFormed(chunk.getChunk())) {
      throw Wire.invalid("chunk", "one logprob per token and positions in range");
    }
    return new Heard.Piece(Wire.jobId(chunk.getJobId()), new WireChunk(chunk.getChunk()));
  }

  private Heard outcome(Address node, AttemptResult wire) {
    Result result = result(node, wire);
    Optional<ModelId> model =
        result instanceof Result.Worked worked
            ? Optional.of(worked.issued().receipt().statement().modelId())
            : Optional.empty();
    return new Heard.Outcome(
        Wire.jobId(wire.getJobId()),
        wire.getAttempt(),
        model,
        partition(wire.hasPartition(), wire.getPartition(), "result.partition"),
        result);
  }

  private static OptionalInt partition(boolean stated, int partition, String field) {
    return stated ? OptionalInt.of(Wire.count(partition, field)) : OptionalInt.empty();
  }

  private WorkerReport state(Address node, WorkerState wire) {
    if (wire.getOffersCount() > MOST_OFFERS || wire.getRunningCount() > MOST_RUNNING) {
      throw Wire.invalid("state", "at most 256 offers and 4096 running attempts");
    }
    List<WorkerReport.Running> running = new ArrayList<>();
    wire.getRunningList()
        .forEach(
            r ->
                running.add(
                    new WorkerReport.Running(
                        Wire.jobId(r.getJobId()),
                        Wire.modelId(r.getModelId()),
                        r.getAttempt(),
                        partition(r.hasPartition(), r.getPartition(), "running.partition"))));
    Set<ModelId> scores = new HashSet<>();
    wire.getScoresList().forEach(id -> scores.add(Wire.modelId(id)));
    return new WorkerReport(
        offers(node, wire.getOffersList()),
        Wire.count(wire.getFreeSlots(), "state.free_slots"),
        List.copyOf(running),
        wire.getDraining(),
        Set.copyOf(scores));
  }

  /** Every offer is checked once and recognised by its bytes afterwards. */
  private List<Signed<Offer>> offers(Address node, List<SignedOffer> wire) {
    Map<ByteString, Signed<Offer>> checked = new HashMap<>();
    List<Signed<Offer>> standing = new ArrayList<>();
    for (SignedOffer signed : wire) {
      ByteString bytes = signed.toByteString();
      Signed<Offer> offer = verified.get(bytes);
      if (offer == null) {
        offer = OfferCodec.fromWire(signed);
        if (!offer.statement().node().equals(node) || !offer.isBy(node, domain)) {
          throw new DGridException(
              ErrorCode.INVALID_SIGNATURE, "an offer is not signed by the session's node");
        }
      }
      checked.put(bytes, offer);
      if (offer.statement().validUntil() > clock.millis()) {
        standing.add(offer);
      }
    }
    verified = checked;
    return List.copyOf(standing);
  }

  /**
   * A receipt that breaks a rule becomes {@link Result.Forged}: the attempt is void, not the
   * session.
   */
  private Result result(Address node, AttemptResult wire) {
    return switch (wire.getOutcomeCase()) {
      case RECEIPT -> worked(node, wire);
      case FAILURE -> nothing(FailureCodec.fromWire(wire.getFailure()));
      case OUTCOME_NOT_SET -> throw Wire.invalid("result.outcome", "a receipt or a failure");
    };
  }

  private static Result nothing(DGridException failure) {
    return failure.code() == ErrorCode.RATE_LIMITED
        ? new Result.Declined(failure)
        : new Result.Nothing(failure);
  }

  private Result worked(Address node, AttemptResult wire) {
    IssuedReceipt issued;
    try {
      issued = ReceiptCodec.fromWire(wire.getReceipt());
    } catch (DGridException malformed) {
      return new Result.Forged("FORMAT");
    }
    Receipt receipt = issued.receipt().statement();
    JobId job = Wire.jobId(wire.getJobId());
    if (!receipt.node().equals(node)
        || !receipt.jobId().equals(job)
        || receipt.attempt() != wire.getAttempt()) {
      return new Result.Forged("IDENTITY");
    }
    List<ReceiptRules.Violation> violations = ReceiptRules.violations(issued, domain, signers);
    if (!violations.isEmpty()) {
      return new Result.Forged(violations.getFirst().name());
    }
    return new Result.Worked(
        issued,
        wire.hasInterruption()
            ? Optional.of(FailureCodec.fromWire(wire.getInterruption()))
            : Optional.empty());
  }
}
