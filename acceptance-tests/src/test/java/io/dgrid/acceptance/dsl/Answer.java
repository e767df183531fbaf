package io.dgrid.acceptance.dsl;

import io.dgrid.cli.client.AnswerRules;
import io.dgrid.cli.client.Network;
import io.dgrid.cli.client.SignedQuestion;
import io.dgrid.cli.proof.BundleChecks;
import io.dgrid.cli.proof.BundleFile;
import io.dgrid.cli.proof.Check;
import io.dgrid.cli.proof.Check.Result;
import io.dgrid.cli.proof.SegmentReader;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.proto.quality.v1.Verdict;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.BatchState;
import io.dgrid.proto.settlement.v1.ReceiptEvidence;
import io.dgrid.transport.codec.Wire;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** An answer, and what the network says about it afterwards. */
public final class Answer {
  private final io.dgrid.acceptance.dsl.Network network;
  private final SignedQuestion asked;
  private final io.dgrid.cli.client.Answer received;

  Answer(
      io.dgrid.acceptance.dsl.Network network,
      SignedQuestion asked,
      io.dgrid.cli.client.Answer received) {
    this.network = network;
    this.asked = asked;
    this.received = received;
  }

  public JobId jobId() {
    return received.jobId();
  }

  public String text() {
    return received.text();
  }

  public int tokens() {
    return received.tokenIds().length;
  }

  public List<Integer> tokenIds() {
    return Arrays.stream(received.tokenIds()).boxed().toList();
  }

  /** Per token, 1/2048 nat. */
  public List<Integer> logprobs() {
    return Arrays.stream(received.logprobs()).boxed().toList();
  }

  /** What the client was told it costs, smallest units. */
  public BigInteger amount() {
    return received.amount().units();
  }

  /** Why there is no whole answer; empty when there is one. */
  public Optional<ErrorCode> failure() {
    return received.failure().map(DGridException::code);
  }

  public int attempts() {
    return received.attempts();
  }

  public List<Receipt> receipts() {
    return received.receipts().stream().map(r -> r.receipt().statement()).toList();
  }

  /** The nodes that are paid for it, in the order of their tokens. */
  public List<Address> nodes() {
    return receipts().stream().map(Receipt::node).toList();
  }

  /** What breaks a rule in receipts, bill or tokens; the client pays only when this is empty. */
  public List<String> violations() {
    return AnswerRules.violations(asked, received, network.terms().domain());
  }

  /** How the job ended, as the edge tells anyone who knows it. */
  public JobState waitUntilTerminal() {
    return Eventually.comes("end of the job", this::terminal);
  }

  private Optional<JobState> terminal() {
    JobState state = network.edge().job(jobId()).getState();
    return switch (state) {
      case JOB_STATE_SUCCEEDED, JOB_STATE_FAILED, JOB_STATE_CANCELLED, JOB_STATE_EXPIRED ->
          Optional.of(state);
      case JOB_STATE_QUEUED,
          JOB_STATE_ASSIGNED,
          JOB_STATE_RUNNING,
          JOB_STATE_UNSPECIFIED,
          UNRECOGNIZED ->
          Optional.empty();
    };
  }

  /** What the oracle says about its last receipt. */
  public Verdict waitUntilJudged() {
    return evidence("verdict", ReceiptEvidence::hasVerdict).getVerdict().getVerdict();
  }

  /** The batch with its last receipt, once it is in a finalized block. */
  public Batch waitUntilFinal() {
    return evidence("final batch", e -> e.getBatch().getState() == BatchState.BATCH_STATE_FINAL)
        .getBatch();
  }

  /** Every check of {@code dgrid verify}, on the file it would save, once none is pending. */
  public List<Check> waitUntilProven() {
    Map<String, Address> contracts = network.terms().contracts();
    BundleChecks checks = new BundleChecks(network.chain(), contracts);
    return Eventually.comes(
        "proof",
        () ->
            bundle()
                .map(b -> withRegistry(b, contracts))
                .map(b -> checks.checkFile(BundleFile.print(BundleFile.provable(b))))
                .filter(found -> found.stream().noneMatch(c -> c.result() == Result.PENDING)));
  }

  /** Whether the bytes of its batches can be had from its edge, and have its receipts in them. */
  public List<Check> available() {
    return new SegmentReader(network.edge()::segmentPart).check(bundle().orElseThrow());
  }

  private static AuditBundle withRegistry(AuditBundle bundle, Map<String, Address> contracts) {
    return bundle.getNodeRegistry().isEmpty()
        ? bundle.toBuilder()
            .setNodeRegistry(Wire.bytes(contracts.get(Network.NODE_REGISTRY)))
            .build()
        : bundle;
  }

  private ReceiptEvidence evidence(String what, Predicate<ReceiptEvidence> isThere) {
    return Eventually.comes(
        what, () -> bundle().map(b -> b.getReceipts(b.getReceiptsCount() - 1)).filter(isThere));
  }

  private Optional<AuditBundle> bundle() {
    try {
      return Optional.of(network.edge().auditBundle(jobId())).filter(b -> b.getReceiptsCount() > 0);
    } catch (DGridException absent) {
      if (absent.code() == ErrorCode.NOT_FOUND || absent.retryable()) {
        return Optional.empty();
      }
      throw absent;
    }
  }
}
