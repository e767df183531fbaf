package io.dgrid.worker.audit;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.receipt.ScoreReport;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.proto.worker.v1.ScoreCall;
import io.dgrid.proto.worker.v1.Scores;
import io.dgrid.transport.codec.Wire;
import io.dgrid.worker.engine.Engine;
import io.dgrid.worker.engine.Prompt;
import io.dgrid.worker.engine.ScoreRequest;
import io.dgrid.worker.engine.ScoreResult;
import io.dgrid.worker.model.ServedModel;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Re-executes committed tokens once and signs what this node's own model says of them. */
public final class Scorer {
  private final Signer signer;
  private final Domain domain;
  private final ServedModel model;
  private final Engine engine;
  private final Duration timeout;
  private final InstantSource clock;

  public Scorer(
      Signer signer,
      Domain domain,
      ServedModel model,
      Engine engine,
      Duration timeout,
      InstantSource clock) {
    this.signer = signer;
    this.domain = domain;
    this.model = model;
    this.engine = engine;
    this.timeout = timeout;
    this.clock = clock;
  }

  /**
   * Blocks until the engine is done.
   *
   * @throws DGridException when the opening is malformed or contradicts itself
   * @throws io.dgrid.worker.engine.EngineException as the engine fails
   */
  Scores score(ScoreCall call) {
    if (!Wire.modelId(call.getModelId()).equals(model.id())) {
      throw new DGridException(
          ErrorCode.UNKNOWN_MODEL, "this worker scores " + model.manifest().name() + " only");
    }
    Opening opening = call.getOpening();
    ReceiptHash receipt = Wire.receiptHash(opening.getReceiptHash());
    ScoreResult result = run(request(opening));
    long scoredAt = clock.millis();
    ScoreReport report =
        new ScoreReport(
            receipt,
            signer.address(),
            Fingerprint.scoresHash(result.logprobs(), result.redrawn()),
            scoredAt);
    return Scores.newBuilder()
        .setReceiptHash(Wire.bytes(receipt))
        .addAllLogprobs(Arrays.stream(result.logprobs()).boxed().toList())
        .addAllRedrawn(Arrays.stream(result.redrawn()).boxed().toList())
        .setSurprisalExcess(result.surprisal().value() - result.surprisal().expected())
        .setSurprisalVariance(result.surprisal().variance())
        .setVerifier(Wire.bytes(signer.address()))
        .setScoredAt(scoredAt)
        .setSignature(Wire.bytes(signer.sign(report.digest(domain))))
        .build();
  }

  private ScoreRequest request(Opening opening) {
    int[] output = Wire.ints(opening.getTokenIdsList());
    if (output.length == 0 || opening.getLogprobsCount() != output.length) {
      throw Wire.invalid("opening", "at least one token and a logprob for each");
    }
    int[] stated = Wire.ints(opening.getPromptTokensList());
    int[] own = model.tokenize(opening.getPrompt()).orElse(stated);
    if (!Arrays.equals(stated, own)) {
      throw Wire.invalid("opening.prompt_tokens", "the model's own tokenisation of the prompt");
    }
    Prompt prompt =
        own.length > 0 ? new Prompt.Tokens(own) : ServedModel.enginePrompt(opening.getPrompt());
    return new ScoreRequest(
        prompt, Wire.ints(opening.getDeliveredList()), output, sampling(opening));
  }

  private ScoreResult run(ScoreRequest request) {
    CompletableFuture<ScoreResult> scoring = engine.score(request);
    try {
      return scoring.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(failed.getCause());
    } catch (TimeoutException late) {
      scoring.cancel(true);
      throw new DGridException(ErrorCode.DEADLINE_EXCEEDED, "scoring took more than " + timeout);
    } catch (InterruptedException stopping) {
      scoring.cancel(true);
      Thread.currentThread().interrupt();
      throw new DGridException(ErrorCode.UNAVAILABLE, "the worker stops");
    }
  }

  private static SamplingParameters sampling(Opening opening) {
    try {
      return new SamplingParameters(
          opening.getSampling().getSeed(),
          opening.getSampling().getTemperatureMicros(),
          opening.getSampling().getTopPMicros(),
          opening.getSampling().getTopK(),
          opening.getSampling().getStopsList());
    } catch (IllegalArgumentException outOfBounds) {
      throw new DGridException(
          ErrorCode.INVALID_REQUEST, "opening.sampling: " + outOfBounds.getMessage());
    }
  }
}
