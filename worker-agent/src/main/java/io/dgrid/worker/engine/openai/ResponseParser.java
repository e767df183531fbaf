package io.dgrid.worker.engine.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.sampling.Logprobs;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads what servers answer, and believes nothing that is not a number within its bounds. */
final class ResponseParser {
  // Rounding may leave a certain token a hair above zero.
  private static final double ROUNDING = 1e-3;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Dialect dialect;
  private final int vocabularySize;
  private int sglangTokens;
  private int sglangText;

  /**
   * One parser reads one answer.
   *
   * @param vocabularySize bound of token ids; 0 if unknown
   */
  ResponseParser(Dialect dialect, int vocabularySize) {
    this.dialect = dialect;
    this.vocabularySize = vocabularySize;
  }

  /**
   * @throws EngineException {@link EngineError#BROKEN_OUTPUT} naming what is wrong
   */
  Piece event(String data) {
    JsonNode root = parse(data);
    if (root.hasNonNull("error")) {
      throw new EngineException(EngineError.UPSTREAM_REJECTED, "the server reports an error");
    }
    return dialect == Dialect.SGLANG ? sglang(root) : completion(root);
  }

  /** Logprobs of the last {@code count} prompt tokens, which are {@code ids}. */
  int[] promptLogprobs(String body, int[] ids, int promptLength) {
    JsonNode root = parse(body);
    int[] logprobs = new int[ids.length];
    JsonNode list =
        dialect == Dialect.SGLANG
            ? root.at("/meta_info/input_token_logprobs")
            : firstPresent(root.at("/choices/0/prompt_logprobs"), root.path("prompt_logprobs"));
    if (!list.isArray() || list.size() < ids.length) {
      throw broken("the server scored %d of %d tokens".formatted(list.size(), ids.length));
    }
    if (dialect == Dialect.VLLM && list.size() != promptLength) {
      throw broken("the server scored another prompt");
    }
    int offset = list.size() - ids.length;
    for (int i = 0; i < ids.length; i++) {
      JsonNode entry = list.get(offset + i);
      if (dialect == Dialect.SGLANG) {
        if (id(entry.path(1)) != ids[i]) {
          throw broken("the server scored other tokens");
        }
        logprobs[i] = logprob(entry.path(0));
      } else {
        logprobs[i] = logprob(entry.path(Integer.toString(ids[i])).path("logprob"));
      }
    }
    return logprobs;
  }

  private Piece completion(JsonNode root) {
    JsonNode usage = root.path("usage");
    JsonNode choices = root.path("choices");
    if (!choices.isArray() || choices.size() > 1) {
      throw broken("an event has no single choice");
    }
    JsonNode choice = choices.path(0);
    int[] ids;
    int[] logprobs;
    if (dialect == Dialect.VLLM) {
      ids = ids(choice.path("token_ids"));
      logprobs = logprobs(choice.at("/logprobs/token_logprobs"), "");
    } else {
      JsonNode content = choice.at("/logprobs/content");
      ids = new int[content.size()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = id(content.get(i).path("id"));
      }
      logprobs = logprobs(content, "logprob");
    }
    if (ids.length != logprobs.length) {
      throw broken("%d tokens but %d logprobs".formatted(ids.length, logprobs.length));
    }
    return new Piece(
        ids,
        logprobs,
        text(choice.path("text")),
        finish(choice.path("finish_reason")),
        count(usage.path("prompt_tokens")),
        count(usage.path("completion_tokens")));
  }

  /** The native stream repeats everything so far; only the new tail is a piece. */
  private Piece sglang(JsonNode root) {
    JsonNode meta = root.path("meta_info");
    JsonNode all = meta.path("output_token_logprobs");
    OptionalInt total = count(meta.path("completion_tokens"));
    if (!all.isArray() || total.isEmpty()) {
      throw broken("the server left logprobs or counts out");
    }
    boolean repeats = all.size() == total.getAsInt();
    int skip = repeats ? sglangTokens : 0;
    int fresh = all.size() - skip;
    if (fresh < 0 || sglangTokens + fresh != total.getAsInt()) {
      throw broken("the server's token counts contradict each other");
    }
    int[] ids = new int[fresh];
    int[] logprobs = new int[fresh];
    for (int i = 0; i < fresh; i++) {
      JsonNode entry = all.get(skip + i);
      logprobs[i] = logprob(entry.path(0));
      ids[i] = id(entry.path(1));
    }
    sglangTokens += fresh;
    String text = text(root.path("text"));
    String tail = repeats && text.length() >= sglangText ? text.substring(sglangText) : text;
    sglangText = repeats ? text.length() : sglangText + text.length();
    return new Piece(
        ids,
        logprobs,
        tail,
        finish(meta.at("/finish_reason/type")),
        count(meta.path("prompt_tokens")),
        total);
  }

  private int[] ids(JsonNode list) {
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = id(list.get(i));
    }
    return ids;
  }

  private int id(JsonNode node) {
    if (!node.isInt() || node.intValue() < 0) {
      throw broken("a token id is missing or no id");
    }
    if (vocabularySize > 0 && node.intValue() >= vocabularySize) {
      throw broken("token %d is outside the vocabulary".formatted(node.intValue()));
    }
    return node.intValue();
  }

  private static int[] logprobs(JsonNode list, String field) {
    int[] logprobs = new int[list.size()];
    for (int i = 0; i < logprobs.length; i++) {
      JsonNode entry = list.get(i);
      logprobs[i] = logprob(field.isEmpty() ? entry : entry.path(field));
    }
    return logprobs;
  }

  private static int logprob(JsonNode node) {
    double value = node.isNumber() ? node.doubleValue() : Double.NaN;
    if (Double.isNaN(value) || value > ROUNDING) {
      throw broken("a logprob is missing or none");
    }
    return Logprobs.quantise(value);
  }

  private static String text(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return "";
    }
    if (!node.isTextual()) {
      throw broken("the text is none");
    }
    return node.textValue();
  }

  private static OptionalInt count(JsonNode node) {
    return node.isInt() && node.intValue() >= 0
        ? OptionalInt.of(node.intValue())
        : OptionalInt.empty();
  }

  private static Optional<FinishReason> finish(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return Optional.empty();
    }
    return switch (node.asText()) {
      case "stop" -> Optional.of(FinishReason.STOP);
      case "length" -> Optional.of(FinishReason.LENGTH);
      case "" -> Optional.empty();
      default -> throw broken("the answer ended for an unknown reason");
    };
  }

  private static JsonNode firstPresent(JsonNode first, JsonNode second) {
    return first.isArray() ? first : second;
  }

  private static JsonNode parse(String data) {
    try {
      JsonNode root = JSON.readTree(data);
      if (root == null || !root.isObject()) {
        throw broken("an event is no JSON object");
      }
      return root;
    } catch (JsonProcessingException garbage) {
      throw broken("an event is no JSON");
    }
  }

  static EngineException broken(String what) {
    return new EngineException(EngineError.BROKEN_OUTPUT, "broken answer of the server: " + what);
  }
}
