package io.dgrid.edge.job;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.core.receipt.ReceiptRules.Violation;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.proto.job.v1.Failed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobEvent.EventCase;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.proto.job.v1.Usage;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.FailureCodec;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Terminal events: how to read them and how to make one. */
final class Terminals {
  private static final Logger LOG = Logger.getLogger(Terminals.class);

  private Terminals() {}

  static boolean isTerminal(JobEvent event) {
    return event.getEventCase() == EventCase.COMPLETED || event.getEventCase() == EventCase.FAILED;
  }

  /** The event in a record of the log, if it is a terminal one. */
  static Optional<JobEvent> of(JobTransition transition) {
    JobEvent.Builder event = JobEvent.newBuilder().setJobId(transition.getJobId());
    return switch (transition.getTransitionCase()) {
      case COMPLETED -> Optional.of(event.setCompleted(transition.getCompleted()).build());
      case FAILED -> Optional.of(event.setFailed(transition.getFailed()).build());
      case GRANTED, ENDED, TRANSITION_NOT_SET -> Optional.empty();
    };
  }

  static JobEvent failed(JobId job, JobState state, DGridException failure) {
    return JobEvent.newBuilder()
        .setJobId(Wire.bytes(job))
        .setFailed(
            Failed.newBuilder()
                .setState(state)
                .setFailure(FailureCodec.toWire(failure))
                .setUsage(Usage.getDefaultInstance())
                .setAmount("0"))
        .build();
  }

  static Usage usage(JobEvent terminal) {
    return terminal.hasCompleted()
        ? terminal.getCompleted().getUsage()
        : terminal.getFailed().getUsage();
  }

  /**
   * Position after the last token that a receipt covers. Not their number: what came before it is
   * part of the answer even where its worker never sent a bill.
   */
  static int endPosition(JobEvent terminal) {
    return receipts(terminal).stream()
        .mapToInt(r -> r.getReceipt().getFirstPosition() + r.getReceipt().getOutputTokens())
        .reduce(usage(terminal).getOutputTokens(), Math::max);
  }

  static JobPhase phase(JobEvent terminal) {
    return terminal.hasCompleted()
        ? JobPhase.SUCCEEDED
        : JobPhase.ofFailure(terminal.getFailed().getState());
  }

  static JobEvent parse(byte @Nullable [] stored) {
    try {
      return JobEvent.parseFrom(stored);
    } catch (InvalidProtocolBufferException broken) {
      throw new IllegalStateException("stored terminal event is broken", broken);
    }
  }

  /**
   * The receipts that are paid: each holds every rule and belongs to the job, together they bill no
   * token twice, no more input than the prompt has, and no more than was held. In position order.
   */
  static List<IssuedReceipt> validReceipts(
      JobEvent terminal, JobRow row, Domain domain, SignerCache signers) {
    var wire = receipts(terminal);
    List<IssuedReceipt> sound = new ArrayList<>();
    for (var one : wire) {
      try {
        IssuedReceipt receipt = ReceiptCodec.fromWire(one);
        List<Violation> violations = ReceiptRules.violations(receipt, domain, signers);
        if (violations.isEmpty()
            && receipt.receipt().statement().jobId().toString().equals(row.jobId)) {
          sound.add(receipt);
        } else {
          LOG.errorf("job %s: receipt not paid, it breaks %s", row.jobId, violations);
        }
      } catch (DGridException malformed) {
        LOG.errorf("job %s: receipt not paid: %s", row.jobId, malformed.getMessage());
      }
    }
    sound.sort(
        Comparator.comparingInt((IssuedReceipt r) -> r.receipt().statement().firstPosition())
            .thenComparingInt(r -> r.receipt().statement().attempt()));
    return payable(sound, row);
  }

  private static List<io.dgrid.proto.receipt.v1.IssuedReceipt> receipts(JobEvent terminal) {
    return terminal.hasCompleted()
        ? terminal.getCompleted().getReceiptsList()
        : terminal.getFailed().getReceiptsList();
  }

  /** What is charged and what vouchers confirm must be the same, so it is decided here for both. */
  private static List<IssuedReceipt> payable(List<IssuedReceipt> sorted, JobRow row) {
    List<IssuedReceipt> payable = new ArrayList<>();
    BigInteger left = row.held;
    int next = 0;
    boolean inputBilled = false;
    for (IssuedReceipt issued : sorted) {
      Receipt receipt = issued.receipt().statement();
      BigInteger amount = receipt.amount().units();
      boolean twice = receipt.firstPosition() < next || (inputBilled && receipt.inputTokens() > 0);
      if (twice || receipt.inputTokens() > row.inputTokens || amount.compareTo(left) > 0) {
        LOG.errorf(
            "job %s: receipt of attempt %d over %s not paid: %s",
            row.jobId,
            receipt.attempt(),
            amount,
            twice ? "its tokens are billed already" : "more than the job can cost");
        continue;
      }
      payable.add(issued);
      left = left.subtract(amount);
      next = receipt.firstPosition() + receipt.outputTokens();
      inputBilled |= receipt.inputTokens() > 0;
    }
    return payable;
  }
}
