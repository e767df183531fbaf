package io.dgrid.worker.engine.openai;

import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.worker.engine.Engine;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.engine.EngineModel;
import io.dgrid.worker.engine.GenerateRequest;
import io.dgrid.worker.engine.Generation;
import io.dgrid.worker.engine.Prompt;
import io.dgrid.worker.engine.ScoreRequest;
import io.dgrid.worker.engine.ScoreResult;
import io.dgrid.worker.engine.TokenListener;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Drives a server that runs the model elsewhere. Prompts go out as token ids, made here, so that
 * what is billed is what was asked.
 */
public final class OpenAiEngine implements Engine {
  private static final int MAX_SCORE_BYTES = 64 * 1024 * 1024;

  private final OpenAiEngineConfig config;
  private final Tokenizer tokenizer;
  private final UpstreamClient client;
  private final RequestBody bodies;
  private final Semaphore slots;
  private final Set<OpenAiGeneration> live = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * @param tokenizer the model's, from the catalogue
   */
  public OpenAiEngine(OpenAiEngineConfig config, Tokenizer tokenizer) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.client = new UpstreamClient(config);
    this.bodies = new RequestBody(config);
    this.slots = new Semaphore(config.slots());
  }

  @Override
  public EngineModel model() {
    return new EngineModel(
        config.model(),
        Optional.empty(),
        tokenizer.vocabularySize(),
        config.contextLength(),
        config.scoring() && config.dialect().scores(),
        false);
  }

  @Override
  public Generation generate(GenerateRequest request, TokenListener listener) {
    int[] prompt = tokens(request.prompt());
    int limit = Math.min(request.maxOutputTokens(), config.contextLength() - prompt.length);
    int more = limit - request.delivered().length;
    if (more < 1) {
      throw new EngineException(
          EngineError.PROMPT_TOO_LONG, "prompt and delivered output leave no room");
    }
    int[] context = join(prompt, request.delivered());
    requireOpen();
    if (!slots.tryAcquire()) {
      throw new EngineException(EngineError.BUSY, "all slots are taken");
    }
    OpenAiGeneration[] self = new OpenAiGeneration[1];
    OpenAiGeneration generation =
        new OpenAiGeneration(
            client,
            new ResponseParser(config.dialect(), tokenizer.vocabularySize()),
            tokenizer,
            bodies.generate(context, more, request.sampling(), List.of()),
            request,
            prompt.length,
            limit,
            listener,
            config.answerTimeout().toNanos(),
            () -> {
              live.remove(self[0]);
              slots.release();
            });
    self[0] = generation;
    live.add(generation);
    Thread.ofVirtual().name("dgrid-upstream-answer").start(generation);
    return generation;
  }

  @Override
  public CompletableFuture<ScoreResult> score(ScoreRequest request) {
    if (!model().scores()) {
      throw new EngineException(
          EngineError.SCORING_UNSUPPORTED, "this server is not set up to score given tokens");
    }
    requireOpen();
    int[] prompt = tokens(request.prompt());
    int[] before = join(prompt, request.before());
    int[] all = join(before, request.output());
    if (all.length >= config.contextLength()) {
      throw new EngineException(EngineError.PROMPT_TOO_LONG, "the tokens exceed the context");
    }
    CompletableFuture<ScoreResult> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("dgrid-upstream-score")
        .start(() -> score(result, prompt.length, before.length, all, request.output()));
    return result;
  }

  @Override
  public void close() {
    closed = true;
    live.forEach(OpenAiGeneration::interrupt);
  }

  private void score(
      CompletableFuture<ScoreResult> result, int inputTokens, int first, int[] all, int[] output) {
    HttpURLConnection connection = null;
    try {
      connection = client.connection();
      HttpURLConnection exchange = connection;
      result.whenComplete((r, e) -> exchange.disconnect());
      client.send(connection, bodies.score(all, first), "application/json");
      byte[] body;
      try (InputStream in = connection.getInputStream()) {
        body = in.readNBytes(MAX_SCORE_BYTES + 1);
      }
      if (body.length > MAX_SCORE_BYTES) {
        throw ResponseParser.broken("the scores are too long");
      }
      int[] logprobs =
          new ResponseParser(config.dialect(), tokenizer.vocabularySize())
              .promptLogprobs(new String(body, StandardCharsets.UTF_8), output, all.length);
      // Without the whole distribution nothing can be redrawn and no entropy is known.
      result.complete(
          new ScoreResult(
              inputTokens, logprobs, new int[0], new ScoreResult.SurprisalSums(0, 0, 0, 0)));
    } catch (IOException failed) {
      result.completeExceptionally(UpstreamClient.failure(failed));
    } catch (RuntimeException failed) {
      result.completeExceptionally(failed);
    } finally {
      if (connection != null) {
        connection.disconnect();
      }
    }
  }

  private int[] tokens(Prompt prompt) {
    int[] ids =
        switch (prompt) {
          case Prompt.Tokens tokens -> tokens.ids();
          case Prompt.Chat chat -> throw needsTokens();
          case Prompt.Text text -> throw needsTokens();
        };
    if (ids.length == 0) {
      throw new EngineException(EngineError.INVALID_PROMPT, "the prompt is empty");
    }
    requireKnown(ids);
    return ids;
  }

  private int[] join(int[] first, int[] second) {
    requireKnown(second);
    int[] joined = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, joined, first.length, second.length);
    return joined;
  }

  private void requireKnown(int[] ids) {
    for (int id : ids) {
      if (!tokenizer.knows(id)) {
        throw new EngineException(
            EngineError.UNKNOWN_TOKEN, "token %d is outside the vocabulary".formatted(id));
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new EngineException(EngineError.CLOSED, "the engine is closed");
    }
  }

  private static EngineException needsTokens() {
    return new EngineException(
        EngineError.INVALID_PROMPT, "this engine takes prompts as token ids only");
  }
}
