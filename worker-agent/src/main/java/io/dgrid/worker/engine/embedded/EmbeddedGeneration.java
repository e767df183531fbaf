package io.dgrid.worker.engine.embedded;

import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.sampling.Logprobs;
import io.dgrid.core.sampling.NonFiniteLogitsException;
import io.dgrid.core.sampling.Sampler;
import io.dgrid.core.tokenizer.OutputText;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.engine.FinishedGeneration;
import io.dgrid.worker.engine.GenerateRequest;
import io.dgrid.worker.engine.Generation;
import io.dgrid.worker.engine.TokenListener;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One answer. It runs on an engine thread until it ends or may go no further; a pause gives thread
 * and session back, and going on costs at most a prefill, because everything depends on the tokens
 * alone.
 */
final class EmbeddedGeneration implements Generation, EngineWork {
  private enum Phase {
    WAITING,
    RUNNING,
    PAUSED,
    ENDED
  }

  private final LlamaModel model;
  private final SessionPool sessions;
  private final GenerateRequest request;
  private final TokenListener listener;
  private final Consumer<EngineWork> submit;
  private final Consumer<EngineWork> onEnd;
  private final CompletableFuture<FinishedGeneration> finished = new CompletableFuture<>();

  private final int promptLength;
  private final int outputLimit;
  // Prompt and output; the thread that runs is the only one to touch these three.
  private final int[] tokens;
  private final OutputText text;
  private int position;
  private @Nullable FinishReason ended;

  private final Object lock = new Object();
  private Phase phase = Phase.WAITING;
  private int allowUntil;
  private volatile @Nullable FinishReason stopRequest;

  EmbeddedGeneration(
      LlamaModel model,
      SessionPool sessions,
      PromptRenderer renderer,
      GenerateRequest request,
      TokenListener listener,
      Consumer<EngineWork> submit,
      Consumer<EngineWork> onEnd) {
    this.model = model;
    this.sessions = sessions;
    this.request = request;
    this.listener = listener;
    this.submit = submit;
    this.onEnd = onEnd;
    allowUntil = request.allowUntil();
    int[] prompt = renderer.render(request.prompt());
    promptLength = prompt.length;
    renderer.join(prompt, new int[0], 1);
    outputLimit = Math.min(request.maxOutputTokens(), model.shape().contextLength() - promptLength);
    int[] delivered = request.delivered();
    if (delivered.length > outputLimit) {
      throw new EngineException(
          EngineError.PROMPT_TOO_LONG,
          "%d tokens are already delivered, the limit is %d"
              .formatted(delivered.length, outputLimit));
    }
    tokens = renderer.join(prompt, delivered, outputLimit - delivered.length);
    text = new OutputText(model.vocabulary().tokenizer(), request.sampling().stops());
    replay(delivered);
  }

  @Override
  public CompletableFuture<FinishedGeneration> finished() {
    return finished.copy();
  }

  @Override
  public int inputTokens() {
    return promptLength;
  }

  @Override
  public void cancel() {
    stop(FinishReason.CANCELLED);
  }

  @Override
  public void interrupt() {
    stop(FinishReason.INTERRUPTED);
  }

  @Override
  public void allowUntil(int newLimit) {
    synchronized (lock) {
      if (newLimit <= allowUntil) {
        return;
      }
      allowUntil = newLimit;
      if (phase != Phase.PAUSED) {
        return;
      }
      phase = Phase.WAITING;
    }
    try {
      submit.accept(this);
    } catch (EngineException e) {
      interrupt();
    }
  }

  @Override
  public void run() {
    synchronized (lock) {
      if (phase != Phase.WAITING) {
        return;
      }
      phase = Phase.RUNNING;
    }
    try {
      FinishReason reason = advanceUntilPause();
      if (reason != null) {
        end(reason);
      }
    } catch (NonFiniteLogitsException e) {
      fail(new EngineException(EngineError.BROKEN_OUTPUT, e.getMessage(), e));
    } catch (Throwable e) {
      // Whatever it is, including what a listener throws: nobody may wait for this answer for ever.
      fail(e);
    }
  }

  /** Null when paused; from then on another thread may already run this. */
  private @Nullable FinishReason advanceUntilPause() {
    while (true) {
      FinishReason reason = advance();
      if (reason != null) {
        return reason;
      }
      synchronized (lock) {
        if (stopRequest == null && position >= allowUntil) {
          phase = Phase.PAUSED;
          return null;
        }
      }
    }
  }

  /**
   * Works until the end or the limit, on a session that is given back before anyone can hear of
   * either.
   */
  private @Nullable FinishReason advance() {
    if (ended != null) {
      return ended;
    }
    if (position >= allowedUntil()) {
      return stopRequest;
    }
    LlamaSession session = sessions.acquire(tokens, promptLength + position);
    try {
      Sampler sampler = session.sampler();
      while (stopRequest == null && ended == null && position < allowedUntil()) {
        float[] logits =
            session.catchUp(tokens, promptLength + position, () -> stopRequest != null);
        if (logits != null) {
          deliver(logits, sampler.draw(logits, request.sampling(), position));
        }
      }
    } finally {
      sessions.release(session);
    }
    return ended != null ? ended : stopRequest;
  }

  private void deliver(float[] logits, int token) {
    int logprob = Logprobs.quantise(Logprobs.logprob(logits, token));
    int at = position;
    byte[] visible = push(token);
    listener.onTokens(at, new int[] {token}, visible, new int[] {logprob});
  }

  /** Takes one output token over; the token that ends an answer carries the rest of its text. */
  private byte[] push(int token) {
    tokens[promptLength + position] = token;
    position++;
    byte[] visible = text.push(token);
    if (text.stopped() || model.vocabulary().endTokens().get(token)) {
      ended = FinishReason.STOP;
    } else if (position == outputLimit) {
      ended = FinishReason.LENGTH;
    }
    return ended == null || text.stopped() ? visible : concatenate(visible, text.finish());
  }

  private void replay(int[] delivered) {
    for (int i = 0; i < delivered.length; i++) {
      if (ended != null) {
        throw new EngineException(
            EngineError.INVALID_PROMPT,
            "the delivered output ends at position %d but continues".formatted(i - 1));
      }
      push(delivered[i]);
    }
  }

  private void stop(FinishReason reason) {
    synchronized (lock) {
      if (stopRequest == null) {
        stopRequest = reason;
      }
      if (phase == Phase.RUNNING || phase == Phase.ENDED) {
        return;
      }
      phase = Phase.ENDED;
    }
    complete(reason);
  }

  private void end(FinishReason reason) {
    synchronized (lock) {
      phase = Phase.ENDED;
    }
    complete(reason);
  }

  private void complete(FinishReason reason) {
    int first = request.delivered().length;
    onEnd.accept(this);
    finished.complete(new FinishedGeneration(reason, promptLength, first, position - first));
  }

  private void fail(Throwable failure) {
    synchronized (lock) {
      phase = Phase.ENDED;
    }
    onEnd.accept(this);
    finished.completeExceptionally(failure);
  }

  private int allowedUntil() {
    synchronized (lock) {
      return allowUntil;
    }
  }

  private static byte[] concatenate(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
