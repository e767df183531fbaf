package io.dgrid.core.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.core.identity.Hash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * {@code manifest.json} and back. Every field is required and no other is allowed: an ignored field
 * would not be in the id.
 */
public final class ModelManifestCodec {
  private static final List<String> FIELDS =
      List.of(
          "name",
          "weightsDigest",
          "tokenizerDigest",
          "chatTemplateDigest",
          "precision",
          "contextLength",
          "maxOutputTokens",
          "assuranceClass");
  private static final int HEX_DIGITS = 2 * Hash.BYTES;
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private ModelManifestCodec() {}

  /**
   * @param source where the bytes came from, for messages
   * @throws BrokenCatalogueException naming the field that is wrong
   */
  public static ModelManifest parse(byte[] json, String source) {
    try {
      JsonNode root = JSON.readTree(json);
      requireExactFields(root);
      return new ModelManifest(
          text(root, "name"),
          digest(root, "weightsDigest"),
          digest(root, "tokenizerDigest"),
          digest(root, "chatTemplateDigest"),
          text(root, "precision"),
          count(root, "contextLength"),
          count(root, "maxOutputTokens"),
          text(root, "assuranceClass"));
    } catch (JsonProcessingException e) {
      throw new BrokenCatalogueException(
          "%s is not JSON: %s".formatted(source, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new BrokenCatalogueException("%s cannot be parsed".formatted(source), e);
    } catch (IllegalArgumentException e) {
      throw new BrokenCatalogueException("%s: %s".formatted(source, e.getMessage()), e);
    }
  }

  public static String format(ModelManifest manifest) {
    ObjectNode root = JSON.createObjectNode();
    root.put("name", manifest.name());
    root.put("weightsDigest", hex(manifest.weightsDigest()));
    root.put("tokenizerDigest", hex(manifest.tokenizerDigest()));
    root.put("chatTemplateDigest", hex(manifest.chatTemplateDigest()));
    root.put("precision", manifest.precision());
    root.put("contextLength", manifest.contextLength());
    root.put("maxOutputTokens", manifest.maxOutputTokens());
    root.put("assuranceClass", manifest.assuranceClass());
    return root.toPrettyString() + "\n";
  }

  private static void requireExactFields(JsonNode root) {
    if (!root.isObject()) {
      throw new IllegalArgumentException("not a JSON object");
    }
    List<String> unknown = new ArrayList<>();
    root.fieldNames().forEachRemaining(unknown::add);
    unknown.removeAll(FIELDS);
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException("unknown field '%s'".formatted(unknown.getFirst()));
    }
  }

  private static String text(JsonNode root, String field) {
    JsonNode value = root.path(field);
    if (!value.isTextual()) {
      throw new IllegalArgumentException("'%s' is not a string".formatted(field));
    }
    return value.textValue();
  }

  private static Hash digest(JsonNode root, String field) {
    String hex = text(root, field);
    if (hex.length() != HEX_DIGITS) {
      throw new IllegalArgumentException(
          "'%s' has %d digits, a SHA-256 has %d".formatted(field, hex.length(), HEX_DIGITS));
    }
    try {
      return Hash.fromHex(hex);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'%s' is not hexadecimal".formatted(field), e);
    }
  }

  private static int count(JsonNode root, String field) {
    JsonNode value = root.path(field);
    if (!value.isInt()) {
      throw new IllegalArgumentException("'%s' is not a 32-bit integer".formatted(field));
    }
    return value.intValue();
  }

  private static String hex(Hash digest) {
    return HexFormat.of().formatHex(digest.toBytes());
  }
}
