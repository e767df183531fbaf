package io.dgrid.cli.client;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.Failed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.FailureCodec;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Puts the events of a job together, over any number of connections. Not thread safe. */
final class AnswerCollector {
  private final JobId job;
  private final AnswerListener listener;
  private final StringBuilder text = new StringBuilder();
  private final IntStream.Builder tokenIds = IntStream.builder();
  private final IntStream.Builder logprobs = IntStream.builder();
  private int next;
  private int inputTokens;
  private int attempts;
  private boolean accepted;

  AnswerCollector(JobId job, AnswerListener listener) {
    this.job = job;
    this.listener = listener;
  }

  /** Position of the first token not yet received. */
  int nextPosition() {
    return next;
  }

  /** Whether an edge has taken the job. */
  boolean accepted() {
    return accepted;
  }

  /**
   * The answer, once this event ends it.
   *
   * @throws DGridException INTERNAL when the edge breaks the stream's rules
   */
  Optional<Answer> accept(JobEvent event) {
    if (!Wire.jobId(event.getJobId()).equals(job)) {
      throw broken("an event of another job");
    }
    return switch (event.getEventCase()) {
      case ACCEPTED -> {
        if (!accepted) {
          accepted = true;
          inputTokens = event.getAccepted().getInputTokens();
          listener.onAccepted(job, event.getAccepted());
        }
        yield Optional.empty();
      }
      case ASSIGNED -> {
        attempts = Math.max(attempts, event.getAssigned().getAttempt());
        listener.onAssigned(event.getAssigned());
        yield Optional.empty();
      }
      case CHUNK -> {
        take(event.getChunk());
        yield Optional.empty();
      }
      case COMPLETED -> Optional.of(completed(event.getCompleted()));
      case FAILED -> Optional.of(failed(event.getFailed()));
      case EVENT_NOT_SET -> Optional.empty();
    };
  }

  private void take(Chunk chunk) {
    if (chunk.getFirstPosition() != next || chunk.getTokenIdsCount() != chunk.getLogprobsCount()) {
      throw broken(
          "a chunk at position %d where %d is next".formatted(chunk.getFirstPosition(), next));
    }
    attempts = Math.max(attempts, chunk.getAttempt());
    chunk.getTokenIdsList().forEach(tokenIds::add);
    chunk.getLogprobsList().forEach(logprobs::add);
    next += chunk.getTokenIdsCount();
    text.append(chunk.getText());
    if (!chunk.getText().isEmpty()) {
      listener.onText(chunk.getText());
    }
  }

  private Answer completed(Completed completed) {
    return answer(
        completed.getAmount(),
        completed.getReceiptsList(),
        Optional.of(Wire.finishReason(completed.getFinishReason())),
        Optional.empty());
  }

  private Answer failed(Failed failed) {
    return answer(
        failed.getAmount().isEmpty() ? "0" : failed.getAmount(),
        failed.getReceiptsList(),
        Optional.empty(),
        Optional.of(FailureCodec.fromWire(failed.getFailure())));
  }

  private Answer answer(
      String amount,
      List<io.dgrid.proto.receipt.v1.IssuedReceipt> wire,
      Optional<FinishReason> finish,
      Optional<DGridException> failure) {
    TokenAmount total = Wire.amount(amount, "amount");
    List<IssuedReceipt> receipts = wire.stream().map(ReceiptCodec::fromWire).toList();
    return new Answer(
        job,
        text.toString(),
        tokenIds.build().toArray(),
        logprobs.build().toArray(),
        inputTokens,
        total,
        attempts,
        receipts,
        finish,
        failure);
  }

  private static DGridException broken(String what) {
    return new DGridException(ErrorCode.INTERNAL, "the edge sent " + what);
  }
}
