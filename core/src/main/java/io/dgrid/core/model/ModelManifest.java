package io.dgrid.core.model;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import java.util.regex.Pattern;

/**
 * Everything that decides what a model answers. Its struct hash is the model's id.
 *
 * @param name as clients write it, such as {@code dgrid/demo-1m}
 * @param weightsDigest SHA-256 of the weights file
 * @param tokenizerDigest SHA-256 of {@code tokenizer.json}
 * @param chatTemplateDigest SHA-256 of the chat template's text
 * @param precision number format of the weights, such as {@code q8_0}
 * @param contextLength most tokens of prompt and output together
 * @param maxOutputTokens most output tokens of one job, below the context length
 * @param assuranceClass which tests can hold an answer to account: {@code D}, {@code S}, {@code L}
 *     or {@code Q}
 */
public record ModelManifest(
    String name,
    Hash weightsDigest,
    Hash tokenizerDigest,
    Hash chatTemplateDigest,
    String precision,
    int contextLength,
    int maxOutputTokens,
    String assuranceClass) {
  private static final Hash TYPE =
      StructType.hashOf(
          "ModelManifest(string name,bytes32 weightsDigest,bytes32 tokenizerDigest,bytes32 chatTemplateDigest,string precision,uint32 contextLength,uint32 maxOutputTokens,string assuranceClass)");
  private static final Pattern NAME = Pattern.compile("[a-z0-9._-]{1,63}/[a-z0-9._-]{1,63}");
  private static final Pattern PRECISION = Pattern.compile("[a-z0-9_]{1,16}");
  private static final Pattern ASSURANCE_CLASS = Pattern.compile("[DSLQ]");

  /**
   * @throws IllegalArgumentException naming the value that is out of bounds
   */
  public ModelManifest {
    require(NAME, "name", name);
    require(PRECISION, "precision", precision);
    require(ASSURANCE_CLASS, "assuranceClass", assuranceClass);
    if (contextLength < 2 || maxOutputTokens < 1 || maxOutputTokens >= contextLength) {
      throw new IllegalArgumentException(
          "contextLength is %d and maxOutputTokens %d: the output must fit with a prompt"
              .formatted(contextLength, maxOutputTokens));
    }
  }

  /** The id by which requests, offers and receipts name this model. */
  public ModelId id() {
    return new ModelId(
        new StructEncoder(TYPE, 8)
            .string(name)
            .word(weightsDigest)
            .word(tokenizerDigest)
            .word(chatTemplateDigest)
            .string(precision)
            .uint(contextLength)
            .uint(maxOutputTokens)
            .string(assuranceClass)
            .hash());
  }

  private static void require(Pattern pattern, String what, String value) {
    if (!pattern.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "%s is '%s', it must match %s".formatted(what, value, pattern));
    }
  }
}
