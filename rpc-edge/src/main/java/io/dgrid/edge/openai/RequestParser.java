package io.dgrid.edge.openai;

import static io.dgrid.edge.openai.OpenAiErrors.invalid;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.core.money.Price;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.edge.admission.Submission;
import io.dgrid.proto.job.v1.ChatMessage;
import io.dgrid.proto.job.v1.ChatPrompt;
import io.dgrid.proto.job.v1.Prompt;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Reads request bodies. A field this API does not know is an error, as it is at OpenAI: a misspelt
 * {@code temprature} must not silently change an answer.
 */
final class RequestParser {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();
  private static final Set<String> SHARED =
      Set.of(
          "model",
          "max_tokens",
          "temperature",
          "top_p",
          "top_k",
          "seed",
          "stop",
          "stream",
          "stream_options",
          "n",
          "logprobs",
          "user",
          "max_price",
          "hedge_after_ms",
          "metadata",
          "store");
  private static final Set<String> CHAT =
      Set.of("messages", "max_completion_tokens", "top_logprobs");
  private static final Set<String> TEXT = Set.of("prompt", "echo", "best_of");
  private static final Set<String> MESSAGE = Set.of("role", "content", "name");

  /** Known at OpenAI and without an effect here unless they ask for something. */
  private static final Set<String> NEUTRAL_AT_ZERO =
      Set.of("frequency_penalty", "presence_penalty");

  private final Catalogue catalogue;
  private final Price defaultMaxPrice;
  private final LongSupplier seeds;

  RequestParser(Catalogue catalogue, Price defaultMaxPrice, LongSupplier seeds) {
    this.catalogue = catalogue;
    this.defaultMaxPrice = defaultMaxPrice;
    this.seeds = seeds;
  }

  /** Throws INVALID_REQUEST with `param`, UNKNOWN_MODEL or UNSUPPORTED. */
  OpenAiRequest parse(byte[] body, boolean chat) {
    Fields fields = new Fields(object(body));
    requireKnown(fields.node(), chat);
    CatalogueEntry model = model(fields);
    requireSingleAnswer(fields);
    boolean stream = fields.bool("stream", false);
    JsonNode options = fields.node().path("stream_options");
    boolean includeUsage = false;
    if (!options.isMissingNode() && !options.isNull()) {
      if (!stream || !options.isObject()) {
        throw invalid("stream_options", "stream_options needs stream: true and must be an object");
      }
      includeUsage = new Fields(options).bool("include_usage", false);
    }
    return new OpenAiRequest(
        chat,
        model,
        chat ? conversation(fields.node().path("messages")) : text(fields),
        sampling(fields),
        maxTokens(fields, chat),
        stream,
        includeUsage,
        chat ? fields.bool("logprobs", false) : fields.integer("logprobs", -1, 0, 5) >= 0,
        chat ? topLogprobs(fields) : fields.integer("logprobs", -1, 0, 5) > 0,
        maxPrice(fields),
        hedgeAfter(fields));
  }

  private static JsonNode object(byte[] body) {
    try {
      JsonNode root = JSON.readTree(body);
      if (root == null || !root.isObject()) {
        throw new DGridException(ErrorCode.INVALID_REQUEST, "the body must be a JSON object");
      }
      return root;
    } catch (JsonProcessingException malformed) {
      throw new DGridException(
          ErrorCode.INVALID_REQUEST, "the body is not JSON: " + malformed.getOriginalMessage());
    } catch (IOException unreadable) {
      throw new DGridException(ErrorCode.INVALID_REQUEST, "the body cannot be read");
    }
  }

  private static void requireKnown(JsonNode root, boolean chat) {
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      String name = field.getKey();
      boolean neutral =
          NEUTRAL_AT_ZERO.contains(name)
              && (field.getValue().isNull()
                  || (field.getValue().isNumber()
                      && field.getValue().decimalValue().signum() == 0));
      if (neutral || SHARED.contains(name) || (chat ? CHAT : TEXT).contains(name)) {
        continue;
      }
      if (NEUTRAL_AT_ZERO.contains(name)) {
        throw unsupported(name, name + " is not supported: it must be 0");
      }
      throw invalid(name, "Unrecognized request argument supplied: " + name);
    }
  }

  private CatalogueEntry model(Fields fields) {
    String name = fields.text("model", "");
    if (name.isEmpty()) {
      throw invalid("model", "you must provide a model parameter");
    }
    return catalogue
        .find(name)
        .orElseThrow(
            () ->
                new DGridException(
                    ErrorCode.UNKNOWN_MODEL,
                    "The model '%s' does not exist".formatted(name),
                    Map.of(OpenAiErrors.PARAM, "model")));
  }

  private static void requireSingleAnswer(Fields fields) {
    if (fields.integer("n", 1, 1, 128) != 1) {
      throw unsupported("n", "n must be 1");
    }
    if (fields.integer("best_of", 1, 1, 20) != 1) {
      throw unsupported("best_of", "best_of must be 1");
    }
    if (fields.bool("echo", false)) {
      throw unsupported("echo", "echo is not supported");
    }
  }

  private static Prompt conversation(JsonNode messages) {
    if (!messages.isArray() || messages.isEmpty()) {
      throw invalid("messages", "messages must be a list with at least one message");
    }
    ChatPrompt.Builder chat = ChatPrompt.newBuilder();
    for (int i = 0; i < messages.size(); i++) {
      String at = "messages[%d]".formatted(i);
      JsonNode message = messages.get(i);
      if (!message.isObject()) {
        throw invalid(at, at + " must be an object");
      }
      for (Map.Entry<String, JsonNode> field : message.properties()) {
        if (!MESSAGE.contains(field.getKey())) {
          throw invalid(
              at + "." + field.getKey(),
              "Unrecognized request argument supplied: %s.%s".formatted(at, field.getKey()));
        }
      }
      chat.addMessages(
          ChatMessage.newBuilder()
              .setRole(role(message.path("role"), at))
              .setContent(content(message.path("content"), at)));
    }
    return Prompt.newBuilder().setChat(chat).build();
  }

  private static String role(JsonNode role, String at) {
    String name = role.isTextual() ? role.textValue() : "";
    return switch (name) {
      case "system", "user", "assistant" -> name;
      // OpenAI's newer name of the same role.
      case "developer" -> "system";
      default ->
          throw invalid(at + ".role", at + ".role must be system, developer, user or assistant");
    };
  }

  /** A string, or a list of text parts. */
  private static String content(JsonNode content, String at) {
    if (content.isTextual()) {
      return content.textValue();
    }
    if (content.isArray() && !content.isEmpty()) {
      StringBuilder text = new StringBuilder();
      for (JsonNode part : content) {
        if (!part.path("type").asText().equals("text") || !part.path("text").isTextual()) {
          throw unsupported(at + ".content", "only text parts are supported in " + at);
        }
        text.append(part.path("text").textValue());
      }
      return text.toString();
    }
    throw invalid(at + ".content", at + ".content must be a string or a list of text parts");
  }

  private static Prompt text(Fields fields) {
    JsonNode prompt = fields.node().path("prompt");
    if (prompt.isArray() && prompt.size() == 1) {
      prompt = prompt.get(0);
    }
    if (!prompt.isTextual()) {
      throw invalid("prompt", "prompt must be one string");
    }
    return Prompt.newBuilder().setText(prompt.textValue()).build();
  }

  private SamplingParameters sampling(Fields fields) {
    JsonNode seed = fields.node().path("seed");
    if (!seed.isMissingNode() && !seed.isNull() && !seed.canConvertToLong()) {
      throw invalid("seed", "seed must be a 64-bit integer");
    }
    boolean fixed = seed.isIntegralNumber();
    if (!fixed && !seed.isMissingNode() && !seed.isNull()) {
      throw invalid("seed", "seed must be a 64-bit integer");
    }
    int topP = fields.micros("top_p", BigDecimal.ONE, BigDecimal.ONE);
    if (topP == 0) {
      throw invalid("top_p", "top_p must be at least 0.000001");
    }
    try {
      return new SamplingParameters(
          fixed ? seed.longValue() : seeds.getAsLong(),
          fields.micros("temperature", BigDecimal.ONE, BigDecimal.TWO),
          topP,
          fields.integer("top_k", 0, 0, Integer.MAX_VALUE),
          stops(fields.node().path("stop")));
    } catch (IllegalArgumentException outside) {
      throw invalid("stop", outside.getMessage());
    }
  }

  private static List<String> stops(JsonNode stop) {
    if (stop.isMissingNode() || stop.isNull()) {
      return List.of();
    }
    List<String> stops = new ArrayList<>();
    for (JsonNode one : stop.isArray() ? stop : List.of(stop)) {
      if (!one.isTextual()) {
        throw invalid("stop", "stop must be a string or a list of up to 4 strings");
      }
      stops.add(one.textValue());
    }
    return stops;
  }

  private static int maxTokens(Fields fields, boolean chat) {
    int old = fields.integer("max_tokens", 0, 1, Integer.MAX_VALUE);
    int newer = chat ? fields.integer("max_completion_tokens", 0, 1, Integer.MAX_VALUE) : 0;
    if (old > 0 && newer > 0 && old != newer) {
      throw invalid("max_tokens", "max_tokens and max_completion_tokens differ: give one");
    }
    return Math.max(old, newer);
  }

  private static boolean topLogprobs(Fields fields) {
    int top = fields.integer("top_logprobs", -1, 0, 20);
    if (top >= 0 && !fields.bool("logprobs", false)) {
      throw invalid("top_logprobs", "top_logprobs needs logprobs: true");
    }
    return top > 0;
  }

  private Price maxPrice(Fields fields) {
    String text = fields.text("max_price", "");
    if (text.isEmpty()) {
      return defaultMaxPrice;
    }
    try {
      return Price.parse(text);
    } catch (IllegalArgumentException malformed) {
      throw invalid(
          "max_price", "max_price must be a decimal string: smallest units per million tokens");
    }
  }

  private static Duration hedgeAfter(Fields fields) {
    int millis = fields.integer("hedge_after_ms", 0, 0, Submission.MAX_HEDGE_MS);
    if (!Submission.mayHedgeAfter(millis)) {
      throw invalid(
          "hedge_after_ms",
          "hedge_after_ms must be 0, or from %d to %d milliseconds"
              .formatted(Submission.MIN_HEDGE_MS, Submission.MAX_HEDGE_MS));
    }
    return Duration.ofMillis(millis);
  }

  private static DGridException unsupported(String param, String message) {
    return new DGridException(ErrorCode.UNSUPPORTED, message, Map.of(OpenAiErrors.PARAM, param));
  }
}
