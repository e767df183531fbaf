package io.dgrid.core.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Byte-level BPE with GPT-2's pre-tokeniser. Text of a user can never become a control token: those
 * are reached by name only. Thread safe.
 */
public final class Tokenizer {
  /** Largest vocabulary accepted, in tokens. */
  public static final int MAX_TOKENS = 1 << 20;

  private static final Pattern WORD =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);
  private static final int CACHED_WORDS = 16_384;
  private static final int CACHED_WORD_LENGTH = 32;

  private final List<String> tokens;
  private final byte[][] bytes;
  private final BitSet control;
  private final Map<String, Integer> controlIds = new HashMap<>();
  private final int[] byteTokens = new int[256];
  private final MergeTable merges;
  private final Map<String, int[]> cache = new ConcurrentHashMap<>();

  /**
   * @param tokens the vocabulary in id order, written in GPT-2's byte alphabet
   * @param merges {@code "left right"}, most preferred first
   * @param control ids that are no text, such as the end of a turn
   * @throws BrokenTokenizerException naming the first entry that cannot work
   */
  public Tokenizer(List<String> tokens, List<String> merges, BitSet control) {
    if (tokens.isEmpty() || tokens.size() > MAX_TOKENS) {
      throw new BrokenTokenizerException(
          "vocabulary of %d tokens, allowed are 1 to %d".formatted(tokens.size(), MAX_TOKENS));
    }
    if (control.length() > tokens.size()) {
      throw new BrokenTokenizerException(
          "control token %d is outside the vocabulary of %d"
              .formatted(control.length() - 1, tokens.size()));
    }
    this.tokens = List.copyOf(tokens);
    this.control = (BitSet) control.clone();
    this.bytes = new byte[tokens.size()][];
    Map<String, Integer> ids = indexTokens();
    for (int b = 0; b < 256; b++) {
      byteTokens[b] = textToken(ids, ByteAlphabet.symbol(b), "the token of byte " + b);
    }
    this.merges = tableOf(merges, ids);
  }

  /**
   * Token ids of a text; the same text always gives the same ids. Lone surrogates count as question
   * marks, as in UTF-8 encoding.
   */
  public int[] encode(String text) {
    // Never more tokens than bytes, but usually far fewer: grow instead of reserving the worst
    // case.
    int[] ids = new int[Math.max(16, text.length() / 2)];
    int count = 0;
    Matcher words = WORD.matcher(text);
    while (words.find()) {
      int[] word = encodeWord(words.group());
      if (count + word.length > ids.length) {
        ids = Arrays.copyOf(ids, Math.max(2 * ids.length, count + word.length));
      }
      System.arraycopy(word, 0, ids, count, word.length);
      count += word.length;
    }
    return Arrays.copyOf(ids, count);
  }

  /**
   * The bytes a token adds to a text: possibly part of a character only, and none for a control
   * token.
   *
   * @throws IllegalArgumentException if there is no such token
   */
  public byte[] bytes(int token) {
    return bytes[requireToken(token)].clone();
  }

  /** The text of whole tokens; bytes that are no UTF-8 become U+FFFD. */
  public String decode(int... ids) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int id : ids) {
      text.writeBytes(bytes[requireToken(id)]);
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  /** The control token of that exact name, such as {@code <|end|>}. */
  public OptionalInt control(String name) {
    Integer id = controlIds.get(name);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  public boolean isControl(int token) {
    return control.get(requireToken(token));
  }

  public int vocabularySize() {
    return tokens.size();
  }

  /** Whether {@code token} is an id of this vocabulary. */
  public boolean knows(int token) {
    return token >= 0 && token < tokens.size();
  }

  private int[] encodeWord(String word) {
    if (word.length() > CACHED_WORD_LENGTH) {
      return mergeWord(word);
    }
    int[] known = cache.get(word);
    if (known != null) {
      return known;
    }
    int[] ids = mergeWord(word);
    if (cache.size() >= CACHED_WORDS) {
      cache.clear();
    }
    cache.put(word, ids);
    return ids;
  }

  private int[] mergeWord(String word) {
    byte[] utf8 = word.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[utf8.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = byteTokens[utf8[i] & 0xFF];
    }
    return WordMerger.merge(merges, ids);
  }

  private Map<String, Integer> indexTokens() {
    Map<String, Integer> ids = HashMap.newHashMap(tokens.size());
    for (int id = 0; id < tokens.size(); id++) {
      String token = tokens.get(id);
      if (ids.putIfAbsent(token, id) != null) {
        throw new BrokenTokenizerException("token %d repeats '%s'".formatted(id, token));
      }
      if (control.get(id)) {
        bytes[id] = new byte[0];
        controlIds.put(token, id);
      } else if (ByteAlphabet.spells(token) && !token.isEmpty()) {
        bytes[id] = ByteAlphabet.bytes(token);
      } else {
        throw new BrokenTokenizerException(
            "token %d '%s' is not written in the byte alphabet".formatted(id, token));
      }
    }
    return ids;
  }

  private MergeTable tableOf(List<String> rules, Map<String, Integer> ids) {
    if (rules.size() > 2 * MAX_TOKENS) {
      throw new BrokenTokenizerException("%d merges are too many".formatted(rules.size()));
    }
    MergeTable table = new MergeTable(rules.size());
    for (int rank = 0; rank < rules.size(); rank++) {
      String rule = rules.get(rank);
      String where = "merge %d '%s'".formatted(rank, rule);
      int space = rule.indexOf(' ');
      if (space < 1 || space == rule.length() - 1 || rule.indexOf(' ', space + 1) >= 0) {
        throw new BrokenTokenizerException(where + " is not two tokens with one space between");
      }
      String left = rule.substring(0, space);
      String right = rule.substring(space + 1);
      boolean added =
          table.add(
              textToken(ids, left, where),
              textToken(ids, right, where),
              rank,
              textToken(ids, left + right, where));
      if (!added) {
        throw new BrokenTokenizerException(where + " repeats an earlier one");
      }
    }
    return table;
  }

  private int textToken(Map<String, Integer> ids, String token, String where) {
    Integer id = ids.get(token);
    if (id == null) {
      throw new BrokenTokenizerException("%s: '%s' is not a token".formatted(where, token));
    }
    if (control.get(id)) {
      // Otherwise text could spell its way into a control token.
      throw new BrokenTokenizerException("%s: '%s' is a control token".formatted(where, token));
    }
    return id;
  }

  private int requireToken(int token) {
    if (!knows(token)) {
      throw new IllegalArgumentException(
          "token %d is outside the vocabulary of %d".formatted(token, tokens.size()));
    }
    return token;
  }
}
