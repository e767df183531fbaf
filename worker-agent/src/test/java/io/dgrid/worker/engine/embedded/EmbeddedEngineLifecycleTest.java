package io.dgrid.worker.engine.embedded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.engine.FinishedGeneration;
import io.dgrid.worker.engine.GenerateRequest;
import io.dgrid.worker.engine.Generation;
import io.dgrid.worker.engine.Prompt;
import io.dgrid.worker.engine.ScoreRequest;
import io.dgrid.worker.engine.ScoreResult;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Slots, queue, pauses and ends, on one slot so that every wait is certain. */
class EmbeddedEngineLifecycleTest {
  private static final GenerateRequest STORY =
      GenerateRequest.of(
          DemoModel.ask(DemoModel.STORY), SamplingParameters.seeded(42, 1_000_000), 200);
  private static final ScoreRequest SCORE =
      ScoreRequest.of(Prompt.tokens(0, 2), new int[] {5, 6}, SamplingParameters.greedy());

  private final EmbeddedEngine engine = DemoModel.open(1, 1);

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void cancellingFromATokenEndsWithThatToken() {
    CompletableFuture<Generation> self = new CompletableFuture<>();
    RecordingListener heard =
        new RecordingListener() {
          @Override
          public synchronized void onTokens(int first, int[] ids, byte[] text, int[] logprobs) {
            super.onTokens(first, ids, text, logprobs);
            if (first == 4) {
              self.join().cancel();
            }
          }
        };
    Generation generation = engine.generate(STORY, heard);
    self.complete(generation);

    FinishedGeneration finished = await(generation);

    assertThat(finished).isEqualTo(new FinishedGeneration(FinishReason.CANCELLED, 17, 0, 5));
    assertThat(heard.ids()).hasSize(5);
  }

  @Test
  void aFullEngineIsBusyAndACancelledWaiterFreesItsPlace() {
    CountDownLatch release = new CountDownLatch(1);
    Generation running = engine.generate(STORY, blockingUntil(release));
    RecordingListener unheard = new RecordingListener();
    Generation waiting = engine.generate(STORY, unheard);

    assertThatThrownBy(() -> engine.generate(STORY, new RecordingListener()))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> {
              assertThat(e.error()).isEqualTo(EngineError.BUSY);
              assertThat(e.retryable()).isTrue();
            });
    assertThatThrownBy(() -> engine.score(SCORE)).isInstanceOf(EngineException.class);

    waiting.cancel();
    assertThat(await(waiting).reason()).isEqualTo(FinishReason.CANCELLED);
    Generation next = engine.generate(STORY, new RecordingListener());
    release.countDown();

    assertThat(await(running).reason()).isEqualTo(FinishReason.STOP);
    assertThat(await(next).reason()).isEqualTo(FinishReason.STOP);
    assertThat(unheard.ids()).isEmpty();
    assertThat(engine.activeRequests()).isZero();
  }

  @Test
  void aCancelledScoringFreesItsPlace() {
    CountDownLatch release = new CountDownLatch(1);
    Generation running = engine.generate(STORY, blockingUntil(release));
    CompletableFuture<ScoreResult> waiting = engine.score(SCORE);

    waiting.cancel(true);
    CompletableFuture<ScoreResult> next = engine.score(SCORE);
    release.countDown();

    assertThat(next.orTimeout(30, SECONDS).join().redrawn()).hasSize(2);
    await(running);
    assertThat(engine.activeRequests()).isZero();
  }

  @Test
  void aPausedAnswerKeepsNoSlotAndGoesOnWithTheSameBytes() {
    RecordingListener whole = new RecordingListener();
    await(engine.generate(STORY, whole));
    PausableListener paused = new PausableListener(7);

    Generation generation = engine.generate(STORY.allowedUntil(7), paused);
    paused.awaitLimit();
    // The only slot is free for others, even for one that overwrites the paused answer's session.
    RecordingListener other = new RecordingListener();
    await(
        engine.generate(
            GenerateRequest.of(DemoModel.ask("Hello!"), SamplingParameters.greedy(), 50), other));

    assertThat(other.ids()).isNotEmpty();
    assertThat(paused.ids()).containsExactly(Arrays.copyOf(whole.ids(), 7));
    assertThat(generation.finished()).isNotDone();

    generation.allowUntil(3); // lower than before: without effect
    generation.allowUntil(9);
    generation.allowUntil(GenerateRequest.UNLIMITED);

    assertThat(await(generation).reason()).isEqualTo(FinishReason.STOP);
    assertThat(paused.ids()).containsExactly(whole.ids());
    assertThat(paused.logprobs()).containsExactly(whole.logprobs());
    assertThat(paused.text()).isEqualTo(whole.text());
  }

  @Test
  void allowingOneTokenAtATimeGivesTheSameBytes() {
    RecordingListener whole = new RecordingListener();
    await(engine.generate(STORY, whole));
    CompletableFuture<Generation> self = new CompletableFuture<>();
    RecordingListener stepped =
        new RecordingListener() {
          @Override
          public synchronized void onTokens(int first, int[] ids, byte[] text, int[] logprobs) {
            super.onTokens(first, ids, text, logprobs);
            // From another thread, so that the pause and the allowance really race.
            CompletableFuture.runAsync(() -> self.join().allowUntil(first + 2));
          }
        };
    Generation generation = engine.generate(STORY.allowedUntil(1), stepped);
    self.complete(generation);

    await(generation);

    assertThat(stepped.ids()).containsExactly(whole.ids());
  }

  @Test
  void aPausedAnswerCanBeCancelled() {
    PausableListener paused = new PausableListener(2);
    Generation generation = engine.generate(STORY.allowedUntil(2), paused);
    paused.awaitLimit();

    generation.cancel();

    FinishedGeneration finished = await(generation);
    assertThat(finished.reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(finished.outputTokens()).isEqualTo(2);
    assertThat(engine.activeRequests()).isZero();
  }

  @Test
  void aThrowingListenerFailsOnlyItsOwnAnswer() {
    Generation broken =
        engine.generate(
            STORY,
            (first, ids, text, logprobs) -> {
              throw new IllegalStateException("listener broke");
            });

    assertThatThrownBy(() -> await(broken)).hasRootCauseMessage("listener broke");
    assertThat(await(engine.generate(STORY, new RecordingListener())).reason())
        .isEqualTo(FinishReason.STOP);
  }

  @Test
  void closingInterruptsWhatRunsWaitsAndPauses() {
    PausableListener paused = new PausableListener(1);
    Generation first = engine.generate(STORY.allowedUntil(1), paused);
    paused.awaitLimit();
    CompletableFuture<ScoreResult> scored = engine.score(SCORE);
    scored.orTimeout(30, SECONDS).join();
    CountDownLatch release = new CountDownLatch(1);
    // Limited, so that it cannot come to its natural end before it is interrupted.
    Generation running = engine.generate(STORY.allowedUntil(1), blockingUntil(release));
    CompletableFuture<Void> closing = CompletableFuture.runAsync(engine::close);
    assertThat(await(first).reason()).isEqualTo(FinishReason.INTERRUPTED);
    release.countDown();

    assertThat(await(running).reason()).isEqualTo(FinishReason.INTERRUPTED);
    closing.orTimeout(30, SECONDS).join();
    assertThatThrownBy(() -> engine.generate(STORY, new RecordingListener()))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.error()).isEqualTo(EngineError.CLOSED));
  }

  private static FinishedGeneration await(Generation generation) {
    return generation.finished().orTimeout(30, SECONDS).join();
  }

  private static RecordingListener blockingUntil(CountDownLatch release) {
    return new RecordingListener() {
      @Override
      public void onTokens(int first, int[] ids, byte[] text, int[] logprobs) {
        try {
          assertThat(release.await(30, SECONDS)).isTrue();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
        super.onTokens(first, ids, text, logprobs);
      }
    };
  }

  /** Lets a test wait until a number of tokens is there. */
  private static final class PausableListener extends RecordingListener {
    private final CountDownLatch limit;

    PausableListener(int tokens) {
      limit = new CountDownLatch(tokens);
    }

    @Override
    public synchronized void onTokens(int first, int[] ids, byte[] text, int[] logprobs) {
      super.onTokens(first, ids, text, logprobs);
      limit.countDown();
    }

    void awaitLimit() {
      try {
        assertThat(limit.await(30, SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
