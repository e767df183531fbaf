package io.dgrid.oracle.replay;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.core.tokenizer.ChatTemplate;
import io.dgrid.core.tokenizer.OutputText;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.transport.codec.PromptCodec;
import io.dgrid.transport.codec.SamplingCodec;
import io.dgrid.transport.codec.Wire;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/** What an opening shows without running a model: the second half of test T4. Pure. */
final class OpeningRules {
  private OpeningRules() {}

  /** Answer of the check. */
  sealed interface Finding {
    /** Everything fits; the claim can be scored. */
    record Fits() implements Finding {}

    /** Not an opening of this receipt: as good as none. */
    record Foreign(String why) implements Finding {}

    /** An opening of this receipt that proves the receipt wrong. */
    record Fraud(String why) implements Finding {}
  }

  static Finding check(IssuedReceipt issued, Opening opening, CatalogueEntry model) {
    try {
      Optional<String> foreign =
          whyForeign(issued.receipt().statement(), issued.request().statement(), opening);
      if (foreign.isPresent()) {
        return new Finding.Foreign(foreign.get());
      }
      Optional<String> fraud =
          model.tokenizer().flatMap(tokenizer -> whyFraud(issued, opening, model, tokenizer));
      return fraud.<Finding>map(Finding.Fraud::new).orElseGet(Finding.Fits::new);
    } catch (DGridException malformed) {
      return new Finding.Foreign(malformed.getMessage());
    }
  }

  private static Optional<String> whyForeign(Receipt receipt, JobRequest request, Opening opening) {
    Hash salt = Wire.hash(opening.getSalt(), "opening.salt");
    int[] logprobs = Wire.ints(opening.getLogprobsList());
    if (!PromptCodec.hash(opening.getPrompt(), salt).equals(request.promptHash())) {
      return Optional.of("the prompt is not the one of the request");
    }
    if (!SamplingCodec.hash(opening.getSampling()).equals(request.samplingHash())) {
      return Optional.of("the sampling is not the one of the request");
    }
    if (opening.getDeliveredCount() != receipt.firstPosition()) {
      return Optional.of("the tokens before this receipt are not as many as its first position");
    }
    // The commitment takes 16 bits of each; anything wider would be a second opening of it.
    if (Arrays.stream(logprobs).anyMatch(l -> l < 0 || l > 0xffff)) {
      return Optional.of("a logprob is outside 0 to 65535");
    }
    return ReceiptRules.opens(receipt, salt, Wire.ints(opening.getTokenIdsList()), logprobs)
        ? Optional.empty()
        : Optional.of("tokens or logprobs are not the committed ones");
  }

  private static Optional<String> whyFraud(
      IssuedReceipt issued, Opening opening, CatalogueEntry model, Tokenizer tokenizer) {
    Receipt receipt = issued.receipt().statement();
    Optional<int[]> rendered = render(opening.getPrompt(), tokenizer);
    if (rendered.isEmpty()) {
      return Optional.of("the prompt cannot be rendered for this model");
    }
    int[] prompt = rendered.get();
    if (!Arrays.equals(prompt, Wire.ints(opening.getPromptTokensList()))) {
      return Optional.of("the prompt's tokens are not what the tokenizer gives");
    }
    if (receipt.firstPosition() == 0 && receipt.inputTokens() != prompt.length) {
      return Optional.of("billed input tokens are not the prompt's");
    }
    int limit =
        Math.min(
            issued.request().statement().maxOutputTokens(),
            model.manifest().contextLength() - prompt.length);
    return finishRule(receipt, opening, tokenizer, limit);
  }

  /** The answer ends where the protocol ends it, neither earlier nor later. */
  private static Optional<String> finishRule(
      Receipt receipt, Opening opening, Tokenizer tokenizer, int limit) {
    int[] answer =
        IntStream.concat(
                opening.getDeliveredList().stream().mapToInt(Integer::intValue),
                opening.getTokenIdsList().stream().mapToInt(Integer::intValue))
            .toArray();
    int end = new ChatTemplate(tokenizer).endToken();
    OutputText text = new OutputText(tokenizer, opening.getSampling().getStopsList());
    boolean ended = false;
    for (int token : answer) {
      if (ended) {
        return Optional.of("tokens follow the end of the answer");
      }
      if (!tokenizer.knows(token)) {
        return Optional.of("token " + token + " is not in the vocabulary");
      }
      text.push(token);
      ended = text.stopped() || token == end;
    }
    if (answer.length > limit) {
      return Optional.of("the answer is longer than context and request allow");
    }
    // A model may have further control tokens that end an answer; the redraw shows whether it drew
    // one.
    boolean stops = ended || (answer.length > 0 && tokenizer.isControl(answer[answer.length - 1]));
    return switch (receipt.finishReason()) {
      case STOP -> stops ? Optional.empty() : Optional.of("it says stop without an end");
      case LENGTH ->
          answer.length == limit && !ended
              ? Optional.empty()
              : Optional.of("it says length where the limit is not reached");
      case CANCELLED, INTERRUPTED ->
          ended ? Optional.of("it says it was cut off after its end") : Optional.empty();
    };
  }

  private static Optional<int[]> render(Prompt prompt, Tokenizer tokenizer) {
    try {
      return Optional.of(PromptCodec.tokens(prompt, new ChatTemplate(tokenizer)));
    } catch (DGridException refused) {
      return Optional.empty();
    }
  }
}
