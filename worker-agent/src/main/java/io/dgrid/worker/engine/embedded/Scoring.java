package io.dgrid.worker.engine.embedded;

import io.dgrid.core.sampling.Logprobs;
import io.dgrid.core.sampling.NonFiniteLogitsException;
import io.dgrid.core.sampling.Sampler;
import io.dgrid.core.sampling.Surprisal;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.engine.ScoreRequest;
import io.dgrid.worker.engine.ScoreResult;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** One teacher-forced pass over a prompt and given output. */
final class Scoring implements EngineWork {
  private final LlamaModel model;
  private final SessionPool sessions;
  private final ScoreRequest request;
  private final Consumer<EngineWork> onEnd;
  private final CompletableFuture<ScoreResult> result = new CompletableFuture<>();

  private final int promptLength;
  private final int context;
  private final int[] tokens;

  private final int[] logprobs;
  private final int[] redrawn;
  private double surprisal;
  private double expected;
  private double variance;
  private int impossible;

  Scoring(
      LlamaModel model,
      SessionPool sessions,
      PromptRenderer renderer,
      ScoreRequest request,
      Consumer<EngineWork> onEnd) {
    this.model = model;
    this.sessions = sessions;
    this.request = request;
    this.onEnd = onEnd;
    int[] prompt = renderer.render(request.prompt());
    promptLength = prompt.length;
    int[] known = renderer.join(prompt, request.before(), 0);
    context = known.length;
    tokens = renderer.join(known, request.output(), 0);
    logprobs = new int[request.output().length];
    redrawn = new int[request.output().length];
    // A caller that cancels frees the place, whether this runs already or still waits.
    result.whenComplete((ignored, failure) -> onEnd.accept(this));
  }

  CompletableFuture<ScoreResult> result() {
    return result;
  }

  @Override
  public void interrupt() {
    fail(new EngineException(EngineError.CLOSED, "the engine was closed"));
  }

  @Override
  public void run() {
    if (result.isDone()) {
      return;
    }
    try {
      scoreAll();
      finish();
    } catch (NonFiniteLogitsException e) {
      fail(new EngineException(EngineError.BROKEN_OUTPUT, e.getMessage(), e));
    } catch (Throwable e) {
      // Whatever it is: nobody may wait for this score for ever.
      fail(e);
    }
  }

  private void scoreAll() {
    LlamaSession session = sessions.acquire(tokens, context);
    try {
      Sampler sampler = session.sampler();
      int end = tokens.length - 1; // nothing is asked after the last token
      while (session.length() < end && !result.isDone()) {
        int from = session.length();
        int to = Math.min(end, from + LlamaSession.BLOCK);
        int scored = Math.clamp(to - (context - 1), 0, to - from);
        session.feed(tokens, from, to, scored);
        for (int at = to - scored; at < to; at++) {
          judge(session.logits(at - from), sampler, at + 1 - context);
        }
      }
    } finally {
      sessions.release(session);
    }
  }

  private void judge(float[] logits, Sampler sampler, int index) {
    int token = request.output()[index];
    int position = request.before().length + index;
    logprobs[index] = Logprobs.quantise(Logprobs.logprob(logits, token));
    redrawn[index] = sampler.draw(logits, request.sampling(), position);
    Surprisal own = sampler.surprisal(token);
    if (Double.isInfinite(own.value())) {
      impossible++;
    } else {
      surprisal += own.value();
      expected += own.expected();
      variance += own.variance();
    }
  }

  private void finish() {
    onEnd.accept(this);
    result.complete(
        new ScoreResult(
            promptLength,
            logprobs,
            redrawn,
            new ScoreResult.SurprisalSums(surprisal, expected, variance, impossible)));
  }

  private void fail(Throwable failure) {
    onEnd.accept(this);
    result.completeExceptionally(failure);
  }
}
