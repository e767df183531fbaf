package io.dgrid.edge.openai;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.model.ModelManifest;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.SamplingHash;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.account.ApiKeyRepository.Holder;
import io.dgrid.edge.admission.Submission;
import io.dgrid.transport.codec.PromptCodec;
import io.dgrid.transport.codec.SamplingCodec;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/** Signs requests in a client's name with this edge's session key, which the client granted. */
@ApplicationScoped
class ApiSubmissions {
  private static final Duration VALIDITY = Duration.ofMinutes(2);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Signer edge;
  private final Domain domain;
  private final SignerCache signers;
  private final EdgeConfig.OpenAi config;
  private final InstantSource clock;

  ApiSubmissions(
      Signer edge, Domain domain, SignerCache signers, EdgeConfig config, InstantSource clock) {
    this.edge = edge;
    this.signers = signers;
    this.domain = domain;
    this.config = config.openai();
    this.clock = clock;
  }

  Submission sign(OpenAiRequest request, Holder holder) {
    byte[] salt = new byte[Hash.BYTES];
    RANDOM.nextBytes(salt);
    JobRequest job =
        new JobRequest(
            holder.client(),
            request.model().manifest().id(),
            PromptCodec.hash(request.prompt(), Hash.of(salt)),
            SamplingHash.of(request.sampling()),
            request.maxPrice(),
            maxTokens(request),
            RANDOM.nextLong(),
            clock.millis() + VALIDITY.toMillis());
    return new Submission(
        signers.sign(edge, domain, job),
        request.prompt(),
        SamplingCodec.toWire(request.sampling()),
        Hash.of(salt),
        "",
        request.logprobs(),
        config.timeout(),
        request.hedgeAfter(),
        Optional.of(holder.keyId()));
  }

  /** Without a wish: the default, or what the context leaves when that is less. */
  private int maxTokens(OpenAiRequest request) {
    if (request.maxTokens() > 0) {
      return request.maxTokens();
    }
    ModelManifest model = request.model().manifest();
    int prompt =
        request
            .model()
            .tokenizer()
            .map(
                t ->
                    PromptCodec.tokens(
                            request.prompt(), new io.dgrid.core.tokenizer.ChatTemplate(t))
                        .length)
            .orElse(0);
    int room = Math.max(1, model.contextLength() - prompt);
    return Math.min(Math.min(config.defaultMaxTokens(), model.maxOutputTokens()), room);
  }
}
