package io.dgrid.edge.openai;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.Usage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The JSON of one answer, whole or in chunks; the id is the job's. */
final class AnswerFormat {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double UNITS_PER_NAT = 2048;

  private final OpenAiRequest request;
  private final String id;
  private final long created;
  private int textOffset;

  /**
   * @param created Unix seconds
   */
  AnswerFormat(OpenAiRequest request, JobId job, long created) {
    this.request = request;
    this.id = (request.chat() ? "chatcmpl-" : "cmpl-") + job.toString().substring(2);
    this.created = created;
  }

  /** The first chunk of a chat: who speaks. */
  ObjectNode roleChunk() {
    ObjectNode root = root("chat.completion.chunk");
    ObjectNode choice = choice(root, null);
    choice.putObject("delta").put("role", "assistant").put("content", "");
    return withoutUsage(root);
  }

  /** One piece of the answer. */
  ObjectNode chunk(Chunk chunk) {
    ObjectNode root = root(request.chat() ? "chat.completion.chunk" : "text_completion");
    ObjectNode choice = choice(root, null);
    if (request.chat()) {
      choice.putObject("delta").put("content", chunk.getText());
    } else {
      choice.put("text", chunk.getText());
    }
    if (request.logprobs()) {
      choice.set("logprobs", logprobs(List.of(chunk)));
    }
    return withoutUsage(root);
  }

  /** The last chunk with a choice: why the answer ended. */
  ObjectNode finishChunk(Completed end) {
    ObjectNode root = root(request.chat() ? "chat.completion.chunk" : "text_completion");
    ObjectNode choice = choice(root, end);
    if (request.chat()) {
      choice.putObject("delta");
    } else {
      choice.put("text", "");
    }
    return withoutUsage(root);
  }

  /** The chunk after it, for those who asked. */
  ObjectNode usageChunk(Completed end) {
    ObjectNode root = root(request.chat() ? "chat.completion.chunk" : "text_completion");
    root.putArray("choices");
    root.set("usage", usage(end.getUsage()));
    return root;
  }

  ObjectNode whole(List<Chunk> chunks, Completed end) {
    ObjectNode root = root(request.chat() ? "chat.completion" : "text_completion");
    ObjectNode choice = choice(root, end);
    StringBuilder text = new StringBuilder();
    chunks.forEach(chunk -> text.append(chunk.getText()));
    if (request.chat()) {
      ObjectNode message = choice.putObject("message");
      message.put("role", "assistant").put("content", text.toString());
      message.putNull("refusal");
    } else {
      choice.put("text", text.toString());
    }
    if (request.logprobs()) {
      choice.set("logprobs", logprobs(chunks));
    }
    root.set("usage", usage(end.getUsage()));
    return root;
  }

  private ObjectNode root(String object) {
    ObjectNode root = JSON.createObjectNode();
    root.put("id", id);
    root.put("object", object);
    root.put("created", created);
    root.put("model", request.model().manifest().name());
    root.put(
        "system_fingerprint", "fp_" + request.model().manifest().id().toString().substring(2, 14));
    return root;
  }

  private static ObjectNode choice(ObjectNode root, @Nullable Completed end) {
    ObjectNode choice = root.putArray("choices").addObject();
    choice.put("index", 0);
    choice.putNull("logprobs");
    choice.put(
        "finish_reason", end == null ? null : end.getFinishReason() == 1 ? "stop" : "length");
    return choice;
  }

  /** With include_usage every chunk but the last says null. */
  private ObjectNode withoutUsage(ObjectNode chunk) {
    if (request.includeUsage()) {
      chunk.putNull("usage");
    }
    return chunk;
  }

  private static ObjectNode usage(Usage usage) {
    ObjectNode node = JSON.createObjectNode();
    node.put("prompt_tokens", usage.getInputTokens());
    node.put("completion_tokens", usage.getOutputTokens());
    node.put("total_tokens", usage.getInputTokens() + usage.getOutputTokens());
    return node;
  }

  private ObjectNode logprobs(List<Chunk> chunks) {
    ObjectNode node = JSON.createObjectNode();
    return request.chat() ? chatLogprobs(node, chunks) : textLogprobs(node, chunks);
  }

  private ObjectNode chatLogprobs(ObjectNode node, List<Chunk> chunks) {
    ArrayNode content = node.putArray("content");
    for (Chunk chunk : chunks) {
      for (int i = 0; i < chunk.getTokenIdsCount(); i++) {
        ObjectNode token = content.addObject();
        describe(token, chunk, i);
        ArrayNode top = token.putArray("top_logprobs");
        // Only the drawn token's probability is part of the protocol.
        if (request.topLogprobs()) {
          describe(top.addObject(), chunk, i);
        }
      }
    }
    node.putNull("refusal");
    return node;
  }

  private void describe(ObjectNode token, Chunk chunk, int i) {
    byte[] bytes = bytes(chunk, i);
    token.put("token", new String(bytes, StandardCharsets.UTF_8));
    token.put("logprob", logprob(chunk, i));
    ArrayNode list = token.putArray("bytes");
    for (byte b : bytes) {
      list.add(b & 0xff);
    }
  }

  private ObjectNode textLogprobs(ObjectNode node, List<Chunk> chunks) {
    ArrayNode tokens = node.putArray("tokens");
    ArrayNode values = node.putArray("token_logprobs");
    ArrayNode top = node.putArray("top_logprobs");
    ArrayNode offsets = node.putArray("text_offset");
    for (Chunk chunk : chunks) {
      for (int i = 0; i < chunk.getTokenIdsCount(); i++) {
        String text = new String(bytes(chunk, i), StandardCharsets.UTF_8);
        tokens.add(text);
        values.add(logprob(chunk, i));
        if (request.topLogprobs()) {
          top.addObject().put(text, logprob(chunk, i));
        }
        offsets.add(textOffset);
        textOffset += text.length();
      }
    }
    return node;
  }

  private byte[] bytes(Chunk chunk, int i) {
    if (i < chunk.getTokenBytesCount()) {
      return chunk.getTokenBytes(i).toByteArray();
    }
    int id = chunk.getTokenIds(i);
    Optional<Tokenizer> tokenizer = request.model().tokenizer().filter(t -> t.knows(id));
    return tokenizer.map(t -> t.bytes(id)).orElseGet(() -> new byte[0]);
  }

  private static double logprob(Chunk chunk, int i) {
    return i < chunk.getLogprobsCount() ? -chunk.getLogprobs(i) / UNITS_PER_NAT : -9999;
  }
}
