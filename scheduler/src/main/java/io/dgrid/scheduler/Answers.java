package io.dgrid.scheduler;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.transport.error.StatusCodec;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Unary calls whose answer another thread finds. */
public final class Answers {
  private Answers() {}

  /**
   * Answers with what the question finds on that thread, with the code of its failure, or with
   * UNAVAILABLE after the limit.
   */
  public static <T> void answer(
      Executor thread,
      StreamObserver<T> out,
      Duration limit,
      Supplier<CompletableFuture<T>> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    thread.execute(
        () -> {
          try {
            question
                .get()
                .whenComplete(
                    (value, failure) -> {
                      if (failure == null) {
                        answer.complete(value);
                      } else {
                        answer.completeExceptionally(failure);
                      }
                    });
          } catch (RuntimeException failure) {
            answer.completeExceptionally(failure);
          }
        });
    answer
        .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete(
            (value, failure) -> {
              if (failure == null) {
                out.onNext(value);
                out.onCompleted();
              } else {
                out.onError(coded(failure));
              }
            });
  }

  private static Throwable coded(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof DGridException known) {
      return StatusCodec.toStatus(known);
    }
    return cause instanceof TimeoutException
        ? StatusCodec.toStatus(
            new DGridException(ErrorCode.UNAVAILABLE, "no answer within the time limit"))
        : cause;
  }
}
