package io.dgrid.acceptance.dsl;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.cli.client.AnswerListener;
import io.dgrid.core.error.DGridException;
import io.dgrid.proto.job.v1.Assigned;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An answer that is on its way. */
public final class PendingAnswer implements AnswerListener {
  private final CompletableFuture<Assigned> assigned = new CompletableFuture<>();
  private final CompletableFuture<String> firstText = new CompletableFuture<>();
  private final Runnable onFirstText;
  private CompletableFuture<Answer> answer = new CompletableFuture<>();

  /**
   * @param onFirstText runs on the reading thread: no further token is read before it is done
   */
  PendingAnswer(Runnable onFirstText) {
    this.onFirstText = onFirstText;
  }

  PendingAnswer promising(CompletableFuture<Answer> promised) {
    answer = promised;
    return this;
  }

  /** A worker has won the job. */
  public Assigned waitUntilAssigned() {
    return within(assigned);
  }

  /** The whole answer. */
  public Answer answer() {
    return within(answer);
  }

  /** It was either taken and answered, or refused in words that invite to try again. */
  public void endsInAnAnswerOrARetryableRefusal() {
    try {
      assertThat(answer().failure()).isEmpty();
    } catch (DGridException refused) {
      assertThat(refused.retryable()).as(refused.toString()).isTrue();
    }
  }

  /** Nobody shall wait for what can no longer come. */
  void ended(Throwable reason) {
    assigned.completeExceptionally(reason);
    firstText.completeExceptionally(reason);
  }

  @Override
  public void onAssigned(Assigned event) {
    assigned.complete(event);
  }

  @Override
  public void onText(String text) {
    if (!firstText.isDone()) {
      onFirstText.run();
      firstText.complete(text);
    }
  }

  public boolean hasText() {
    return firstText.isDone();
  }

  /** The first text is here, and what was to happen then has happened. */
  public void waitForFirstText() {
    within(firstText);
  }

  private static <T> T within(CompletableFuture<T> future) {
    try {
      return future.get(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(failed.getCause());
    } catch (TimeoutException late) {
      throw new AssertionError("nothing came within " + Eventually.PATIENCE.toSeconds() + " s");
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted");
    }
  }
}
