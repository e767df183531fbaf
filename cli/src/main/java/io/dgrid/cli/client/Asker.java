package io.dgrid.cli.client;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.ResumeResponse;
import io.dgrid.proto.job.v1.SubmitResponse;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Sends a signed question and follows its answer to the end, on another edge when one breaks off.
 * One question at a time per instance; {@link #cancel} may come from any thread.
 */
public final class Asker {
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(200);
  private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(3);

  /** Reconnects without any new event in between; then the job is given up. */
  private static final int MAX_RECONNECTS = 20;

  private final List<EdgeClient> edges;
  private volatile Optional<SignedQuestion> asked = Optional.empty();
  private volatile boolean cancelled;
  private int edge;

  /**
   * @param edges at least one; the first is asked first
   */
  public Asker(List<EdgeClient> edges) {
    if (edges.isEmpty()) {
      throw new IllegalArgumentException("no edge to ask");
    }
    this.edges = List.copyOf(edges);
  }

  /**
   * Blocks until the job has ended, well or not.
   *
   * @throws DGridException when no edge takes the job, or it cannot be followed to its end
   */
  public Answer ask(SignedQuestion question, AnswerListener listener) {
    asked = Optional.of(question);
    AnswerCollector collector = new AnswerCollector(question.jobId(), listener);
    int fruitless = 0;
    while (true) {
      int before = collector.nextPosition();
      try {
        return follow(question, collector);
      } catch (DGridException broken) {
        fruitless = collector.nextPosition() > before ? 0 : fruitless + 1;
        if (cancelled || !worthReconnecting(broken, collector, fruitless)) {
          throw broken;
        }
        edge = (edge + 1) % edges.size();
        listener.onReconnect(edges.get(edge).target(), broken);
        pause(fruitless);
      }
    }
  }

  /** Ends the running job. What was delivered is billed. */
  public void cancel() {
    cancelled = true;
    asked.map(SignedQuestion::jobId).ifPresent(job -> edges.get(edge).cancel(job));
  }

  private Answer follow(SignedQuestion question, AnswerCollector collector) {
    EdgeClient client = edges.get(edge);
    if (!collector.accepted()) {
      // The same signed request is the same job, so sending it again is safe.
      return read(
          client, () -> client.submit(question.wire()), SubmitResponse::getEvent, collector);
    }
    return read(
        client,
        () -> client.resume(question.jobId(), collector.nextPosition()),
        ResumeResponse::getEvent,
        collector);
  }

  private static <T> Answer read(
      EdgeClient client,
      Supplier<Iterator<T>> start,
      Function<T, JobEvent> event,
      AnswerCollector collector) {
    // The call ends with this method, however it ends: an abandoned iterator would keep it open.
    Context.CancellableContext call = Context.current().withCancellation();
    Context before = call.attach();
    try {
      Iterator<T> events = start.get();
      while (events.hasNext()) {
        Optional<Answer> answer = collector.accept(event.apply(events.next()));
        if (answer.isPresent()) {
          return answer.get();
        }
      }
      throw new DGridException(ErrorCode.UNAVAILABLE, "the stream ended before the job did");
    } catch (StatusRuntimeException broken) {
      throw client.explain(broken);
    } finally {
      call.detach(before);
      call.cancel(null);
    }
  }

  private boolean worthReconnecting(
      DGridException broken, AnswerCollector collector, int fruitless) {
    // Right after a restart an edge may not know the job yet.
    boolean connectionLost =
        broken.code() == ErrorCode.UNAVAILABLE
            || (collector.accepted() && broken.code() == ErrorCode.NOT_FOUND);
    // Before the job is accepted one round over the edges is enough: nothing can be lost.
    int limit = collector.accepted() ? MAX_RECONNECTS : edges.size();
    return connectionLost && fruitless < limit;
  }

  private static void pause(int fruitless) {
    long millis = FIRST_BACKOFF.toMillis() << Math.min(fruitless, 10);
    try {
      Thread.sleep(Math.min(millis, LONGEST_BACKOFF.toMillis()));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while reconnecting");
    }
  }
}
