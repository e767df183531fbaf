package io.dgrid.worker.engine.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.tokenizer.OutputText;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.engine.FinishedGeneration;
import io.dgrid.worker.engine.GenerateRequest;
import io.dgrid.worker.engine.Generation;
import io.dgrid.worker.engine.TokenListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One answer, read on a thread of its own. The text is made here from the ids, so that what clients
 * read, what stop strings see and what the receipt commits to are the same tokens.
 */
final class OpenAiGeneration implements Generation, Runnable {
  // Generous for one token with its logprobs as JSON.
  private static final long BYTES_PER_TOKEN = 64 * 1024;

  private final UpstreamClient client;
  private final ResponseParser parser;
  private final ObjectNode body;
  private final GenerateRequest request;
  private final int promptLength;
  private final int limit;
  private final TokenListener listener;
  private final OutputText text;
  private final long answerNanos;
  private final Runnable onEnd;
  private final CompletableFuture<FinishedGeneration> finished = new CompletableFuture<>();

  private int position;
  private int allowUntil;
  private @Nullable FinishReason stopRequest;
  private @Nullable HttpURLConnection connection;

  /**
   * @param limit most output tokens of the whole job
   * @throws IllegalArgumentException when a delivered token is outside the vocabulary
   */
  OpenAiGeneration(
      UpstreamClient client,
      ResponseParser parser,
      Tokenizer tokenizer,
      ObjectNode body,
      GenerateRequest request,
      int promptLength,
      int limit,
      TokenListener listener,
      long answerNanos,
      Runnable onEnd) {
    this.client = client;
    this.parser = parser;
    this.body = body;
    this.request = request;
    this.promptLength = promptLength;
    this.limit = limit;
    this.listener = listener;
    this.answerNanos = answerNanos;
    this.onEnd = onEnd;
    this.allowUntil = request.allowUntil();
    this.text = new OutputText(tokenizer, request.sampling().stops());
    for (int token : request.delivered()) {
      text.push(token);
    }
    position = request.delivered().length;
  }

  @Override
  public void run() {
    FinishedGeneration end = null;
    Throwable failure = null;
    try {
      end = finished(answer());
    } catch (IOException failed) {
      failure = UpstreamClient.failure(failed);
    } catch (InterruptedException stopped) {
      end = finished(FinishReason.INTERRUPTED);
    } catch (Throwable e) {
      failure = e;
    }
    disconnect();
    FinishReason asked = stopRequest();
    if (failure != null && asked != null) {
      // Hanging up on the server looks like its failure from this side.
      end = finished(asked);
      failure = null;
    }
    onEnd.run();
    if (failure == null) {
      finished.complete(end);
    } else {
      finished.completeExceptionally(failure);
    }
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

  void interrupt() {
    stop(FinishReason.INTERRUPTED);
  }

  @Override
  public synchronized void allowUntil(int newLimit) {
    allowUntil = Math.max(allowUntil, newLimit);
    notifyAll();
  }

  private FinishReason answer() throws IOException, InterruptedException {
    awaitWindow();
    if (!connect()) {
      return FinishReason.CANCELLED;
    }
    HttpURLConnection exchange = Objects.requireNonNull(connection);
    client.send(exchange, body, "text/event-stream");
    EventReader events =
        new EventReader(
            exchange.getInputStream(),
            EventReader.MAX_EVENT + (long) limit * BYTES_PER_TOKEN,
            System.nanoTime() + answerNanos);
    Optional<FinishReason> finish = Optional.empty();
    while (true) {
      Optional<String> data = events.next();
      if (data.isEmpty() || data.get().equals("[DONE]")) {
        // A server that finished may leave the last line out; one that did not was cut off.
        return finish.orElseThrow(OpenAiGeneration::cutOff);
      }
      Piece piece = parser.event(data.get());
      requireCounts(piece);
      FinishReason stopped = deliver(piece, finish.isPresent());
      if (stopped != null) {
        return stopped;
      }
      if (piece.finish().isPresent()) {
        finish = piece.finish();
      }
    }
  }

  /** Null while the answer goes on. */
  private @Nullable FinishReason deliver(Piece piece, boolean afterEnd)
      throws InterruptedException {
    int[] ids = piece.ids();
    if (ids.length == 0) {
      return null;
    }
    if (afterEnd || position + (long) ids.length > limit) {
      throw ResponseParser.broken("more tokens than asked for");
    }
    awaitWindow();
    if (stopRequest() != null) {
      return stopRequest();
    }
    ByteArrayOutputStream visible = new ByteArrayOutputStream();
    int taken = 0;
    while (taken < ids.length && !text.stopped()) {
      visible.writeBytes(text.push(ids[taken]));
      taken++;
    }
    boolean last = position + taken == limit || piece.finish().isPresent();
    if (last && !text.stopped()) {
      visible.writeBytes(text.finish());
    }
    int from = position;
    position += taken;
    listener.onTokens(
        from,
        Arrays.copyOf(ids, taken),
        visible.toByteArray(),
        Arrays.copyOf(piece.logprobs(), taken));
    return text.stopped() ? FinishReason.STOP : null;
  }

  private void requireCounts(Piece piece) {
    if (piece.inputTokens().isPresent()) {
      int sent = promptLength + request.delivered().length;
      if (piece.inputTokens().getAsInt() != sent) {
        throw ResponseParser.broken("it counts another prompt than was sent");
      }
    }
    if (piece.outputTokens().isPresent() && piece.ids().length == 0) {
      int own = position - request.delivered().length;
      if (piece.outputTokens().getAsInt() != own) {
        throw ResponseParser.broken("it counts other tokens than it sent");
      }
    }
  }

  private synchronized void awaitWindow() throws InterruptedException {
    while (stopRequest == null && position >= allowUntil) {
      wait();
    }
  }

  private synchronized boolean connect() throws IOException {
    if (stopRequest != null) {
      return false;
    }
    connection = client.connection();
    return true;
  }

  private void stop(FinishReason reason) {
    synchronized (this) {
      if (stopRequest == null) {
        stopRequest = reason;
      }
      notifyAll();
    }
    // Not under the lock: closing may wait for the reader.
    Thread.ofVirtual().name("dgrid-hang-up").start(this::disconnect);
  }

  private synchronized @Nullable FinishReason stopRequest() {
    return stopRequest;
  }

  private void disconnect() {
    HttpURLConnection open;
    synchronized (this) {
      open = connection;
    }
    if (open != null) {
      open.disconnect();
    }
  }

  private FinishedGeneration finished(FinishReason reason) {
    int first = request.delivered().length;
    FinishReason asked = stopRequest();
    return new FinishedGeneration(
        asked != null && !reason.isFinal() ? asked : reason, promptLength, first, position - first);
  }

  private static EngineException cutOff() {
    return new EngineException(
        EngineError.UPSTREAM_UNAVAILABLE, "the server ended the stream before the answer");
  }
}
