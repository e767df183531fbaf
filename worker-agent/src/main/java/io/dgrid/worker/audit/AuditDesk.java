package io.dgrid.worker.audit;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.worker.v1.OpenCall;
import io.dgrid.proto.worker.v1.OpenReply;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.proto.worker.v1.ScoreCall;
import io.dgrid.proto.worker.v1.ScoreReply;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.FailureCodec;
import io.dgrid.worker.attempt.EngineFailures;
import io.dgrid.worker.metric.WorkerMetrics;
import io.dgrid.worker.receipt.ReceiptJournal;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Answers auditors one after the other on a thread of its own, with a bounded queue: scoring never
 * takes more than one of the engine's threads from paying jobs.
 */
public final class AuditDesk implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AuditDesk.class);

  private final ReceiptJournal journal;
  private final Scorer scorer;
  private final WorkerMetrics metrics;
  private final ThreadPoolExecutor openings = queue("dgrid-openings", 256);
  private final ThreadPoolExecutor scores;

  /**
   * @param queue score calls that may wait, at least 1
   */
  public AuditDesk(ReceiptJournal journal, Scorer scorer, WorkerMetrics metrics, int queue) {
    this.journal = journal;
    this.scorer = scorer;
    this.metrics = metrics;
    this.scores = queue("dgrid-scores", queue);
  }

  /** Looks an opening up; the reply comes on another thread. */
  public void open(OpenCall call, Consumer<SessionRequest> reply) {
    run(
        openings,
        () -> reply.accept(opened(OpenReply.newBuilder().setOpening(find(call)), call)),
        failure ->
            reply.accept(
                opened(OpenReply.newBuilder().setFailure(FailureCodec.toWire(failure)), call)));
  }

  /** Scores an opening; the reply comes on another thread. */
  public void score(ScoreCall call, Consumer<SessionRequest> reply) {
    long started = System.nanoTime();
    run(
        scores,
        () -> {
          ScoreReply.Builder scored = ScoreReply.newBuilder().setScores(scorer.score(call));
          metrics.scored("scored", Duration.ofNanos(System.nanoTime() - started));
          reply.accept(scored(scored, call));
        },
        failure -> {
          metrics.scored("failed", Duration.ofNanos(System.nanoTime() - started));
          reply.accept(
              scored(ScoreReply.newBuilder().setFailure(FailureCodec.toWire(failure)), call));
        });
  }

  @Override
  public void close() {
    openings.shutdownNow();
    scores.shutdownNow();
  }

  private Opening find(OpenCall call) {
    try {
      return journal
          .opening(Wire.receiptHash(call.getReceiptHash()))
          .orElseThrow(
              () ->
                  new DGridException(
                      ErrorCode.NOT_FOUND, "this worker holds no opening of that receipt"));
    } catch (IOException unreadable) {
      LOG.error("an opening cannot be read", unreadable);
      throw new DGridException(ErrorCode.UNAVAILABLE, "the opening cannot be read now");
    }
  }

  private static void run(
      ThreadPoolExecutor queue, Runnable work, Consumer<DGridException> failed) {
    try {
      queue.execute(
          () -> {
            try {
              work.run();
            } catch (RuntimeException e) {
              failed.accept(EngineFailures.coded(e));
            }
          });
    } catch (RejectedExecutionException full) {
      failed.accept(new DGridException(ErrorCode.RATE_LIMITED, "too many calls wait here"));
    }
  }

  private static SessionRequest opened(OpenReply.Builder reply, OpenCall call) {
    return SessionRequest.newBuilder().setOpened(reply.setCall(call.getCall())).build();
  }

  private static SessionRequest scored(ScoreReply.Builder reply, ScoreCall call) {
    return SessionRequest.newBuilder().setScored(reply.setCall(call.getCall())).build();
  }

  private static ThreadPoolExecutor queue(String name, int capacity) {
    ThreadPoolExecutor one =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(capacity),
            Thread.ofPlatform().daemon().name(name).factory());
    one.allowCoreThreadTimeOut(true);
    return one;
  }
}
