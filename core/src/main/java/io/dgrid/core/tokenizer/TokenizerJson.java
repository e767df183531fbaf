package io.dgrid.core.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads {@code tokenizer.json}: {@code {"tokens": [...], "merges": ["left right", ...]}}. A token
 * that is neither a single byte nor the result of a merge is a control token: no text could ever
 * produce it.
 */
public final class TokenizerJson {
  /** Largest file accepted, in bytes. */
  public static final int MAX_BYTES = 64 << 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private TokenizerJson() {}

  /**
   * @throws BrokenTokenizerException if the file is not such a vocabulary
   * @throws IOException if the file cannot be read
   */
  public static Tokenizer read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    return parse(bytes, file.toString());
  }

  /**
   * @param source where the bytes came from, for messages
   * @throws BrokenTokenizerException if the bytes are not such a vocabulary
   */
  public static Tokenizer parse(byte[] bytes, String source) {
    if (bytes.length > MAX_BYTES) {
      throw new BrokenTokenizerException("%s is larger than %d bytes".formatted(source, MAX_BYTES));
    }
    try {
      JsonNode root = JSON.readTree(bytes);
      List<String> tokens = strings(root, "tokens");
      List<String> merges = strings(root, "merges");
      return new Tokenizer(tokens, merges, unreachable(tokens, merges));
    } catch (JsonProcessingException e) {
      throw new BrokenTokenizerException(
          "%s is not JSON: %s".formatted(source, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new BrokenTokenizerException("%s cannot be parsed".formatted(source), e);
    } catch (BrokenTokenizerException e) {
      throw new BrokenTokenizerException("%s: %s".formatted(source, e.getMessage()), e);
    }
  }

  private static List<String> strings(JsonNode root, String field) {
    JsonNode array = root.path(field);
    if (!array.isArray()) {
      throw new BrokenTokenizerException("'%s' is not an array".formatted(field));
    }
    List<String> strings = new ArrayList<>(array.size());
    for (JsonNode element : array) {
      if (!element.isTextual()) {
        throw new BrokenTokenizerException(
            "%s[%d] is not a string".formatted(field, strings.size()));
      }
      strings.add(element.textValue());
    }
    return strings;
  }

  private static BitSet unreachable(List<String> tokens, List<String> merges) {
    Set<String> reachable = new HashSet<>();
    for (int b = 0; b < 256; b++) {
      reachable.add(ByteAlphabet.symbol(b));
    }
    for (String merge : merges) {
      reachable.add(merge.replaceFirst(" ", ""));
    }
    BitSet control = new BitSet();
    for (int id = 0; id < tokens.size(); id++) {
      control.set(id, !reachable.contains(tokens.get(id)));
    }
    return control;
  }
}
