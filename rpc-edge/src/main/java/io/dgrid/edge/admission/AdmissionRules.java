package io.dgrid.edge.admission;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.Pricing;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.core.tokenizer.ChatTemplate;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.transport.codec.PromptCodec;
import io.dgrid.transport.codec.SamplingCodec;
import io.dgrid.transport.codec.Wire;
import java.time.Duration;
import java.util.Map;

/** What can be judged about a request without asking anybody, in the order errors are reported. */
final class AdmissionRules {
  private final Catalogue catalogue;
  private final Domain domain;
  private final SignerCache signers;
  private final EdgeConfig.Admission limits;

  AdmissionRules(
      Catalogue catalogue, Domain domain, SignerCache signers, EdgeConfig.Admission limits) {
    this.signers = signers;
    this.catalogue = catalogue;
    this.domain = domain;
    this.limits = limits;
  }

  /**
   * @param now Unix milliseconds
   * @throws DGridException with the first rule that is broken
   */
  Candidate check(Submission submission, long now) {
    JobRequest request = submission.request().statement();
    requireBounds(submission);
    CatalogueEntry model =
        catalogue
            .find(request.modelId())
            .orElseThrow(
                () ->
                    new DGridException(
                        ErrorCode.UNKNOWN_MODEL, "no model " + request.modelId() + " here"));
    int[] tokens = promptTokens(model, submission.prompt());
    requireContext(model, tokens.length, request.maxOutputTokens());
    requireHashes(submission);
    requireExpiry(request, now);
    Address signer =
        signers
            .signer(submission.request(), domain)
            .orElseThrow(
                () ->
                    new DGridException(
                        ErrorCode.INVALID_SIGNATURE, "the signature fits no key at all"));
    return new Candidate(
        submission,
        request.jobId(domain),
        tokens,
        signer,
        worstCase(request, tokens.length),
        now + timeout(submission.timeout()).toMillis());
  }

  private void requireBounds(Submission submission) {
    Prompt prompt = submission.prompt();
    int bytes =
        switch (prompt.getFormCase()) {
          case CHAT -> {
            if (prompt.getChat().getMessagesCount() > limits.maxMessages()) {
              throw Wire.invalid("prompt.chat", "at most " + limits.maxMessages() + " messages");
            }
            yield prompt.getChat().getMessagesList().stream()
                .mapToInt(m -> m.getRoleBytes().size() + m.getContentBytes().size())
                .sum();
          }
          case TEXT -> prompt.getTextBytes().size();
          case FORM_NOT_SET -> throw Wire.invalid("prompt", "chat or text");
        };
    if (bytes > limits.maxPromptBytes()) {
      throw Wire.invalid("prompt", "at most " + limits.maxPromptBytes() + " bytes");
    }
    SamplingCodec.fromWire(submission.sampling());
  }

  private static int[] promptTokens(CatalogueEntry model, Prompt prompt) {
    PromptCodec.requireText(prompt);
    Tokenizer tokenizer =
        model
            .tokenizer()
            .orElseThrow(
                () ->
                    new DGridException(
                        ErrorCode.UNSUPPORTED,
                        model.manifest().name() + " has no tokenizer in this edge's catalogue"));
    return PromptCodec.tokens(prompt, new ChatTemplate(tokenizer));
  }

  private static void requireContext(CatalogueEntry model, int inputTokens, int outputTokens) {
    int context = model.manifest().contextLength();
    int output = model.manifest().maxOutputTokens();
    if (outputTokens > output) {
      throw new DGridException(
          ErrorCode.CONTEXT_EXCEEDED,
          "%s answers with at most %d tokens, %d were asked for"
              .formatted(model.manifest().name(), output, outputTokens),
          Map.of("limit", Integer.toString(output), "tokens", Integer.toString(outputTokens)));
    }
    long total = (long) inputTokens + outputTokens;
    if (total > context) {
      throw new DGridException(
          ErrorCode.CONTEXT_EXCEEDED,
          "%s reads %d tokens in all; the prompt has %d and %d were asked for"
              .formatted(model.manifest().name(), context, inputTokens, outputTokens),
          Map.of("limit", Integer.toString(context), "tokens", Long.toString(total)));
    }
  }

  private static void requireHashes(Submission submission) {
    JobRequest request = submission.request().statement();
    if (!PromptCodec.hash(submission.prompt(), submission.salt()).equals(request.promptHash())) {
      throw new DGridException(
          ErrorCode.INVALID_REQUEST, "prompt and salt do not hash to request.prompt_hash");
    }
    if (!SamplingCodec.hash(submission.sampling()).equals(request.samplingHash())) {
      throw new DGridException(
          ErrorCode.INVALID_REQUEST, "sampling does not hash to request.sampling_hash");
    }
  }

  private void requireExpiry(JobRequest request, long now) {
    // The field is unsigned on the wire: a negative long lies far ahead.
    long latest = now + limits.maxExpiryAhead().toMillis();
    if (request.expiry() >= 0 && request.expiry() <= now) {
      throw new DGridException(
          ErrorCode.REQUEST_EXPIRED,
          "the request expired %d ms ago".formatted(now - request.expiry()));
    }
    if (request.expiry() < 0 || request.expiry() > latest) {
      throw new DGridException(
          ErrorCode.REQUEST_EXPIRED,
          "request.expiry may lie at most %s ahead".formatted(limits.maxExpiryAhead()));
    }
  }

  private static TokenAmount worstCase(JobRequest request, int inputTokens) {
    Price most = request.maxPrice();
    try {
      return new Pricing(most, most).atMost(inputTokens, request.maxOutputTokens());
    } catch (IllegalArgumentException overflow) {
      throw Wire.invalid("request.max_price", "small enough that the worst case is an amount");
    }
  }

  private Duration timeout(Duration asked) {
    Duration most = limits.maxTimeout();
    return asked.isZero() || asked.compareTo(most) > 0 ? most : asked;
  }
}
