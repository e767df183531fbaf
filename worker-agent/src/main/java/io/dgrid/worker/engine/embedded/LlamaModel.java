package io.dgrid.worker.engine.embedded;

import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The weights of a llama-architecture model, dequantised. Immutable, so any number of sessions
 * share it.
 */
final class LlamaModel {
  private static final String EMBEDDING = "token_embd.weight";
  private static final String OUTPUT = "output.weight";
  private static final String OUTPUT_NORM = "output_norm.weight";
  private static final List<String> LAYER_TENSORS =
      List.of(
          "attn_norm",
          "attn_q",
          "attn_k",
          "attn_v",
          "attn_output",
          "ffn_norm",
          "ffn_gate",
          "ffn_up",
          "ffn_down");

  private final String name;
  private final LlamaShape shape;
  private final LlamaVocabulary vocabulary;
  private final List<LlamaLayer> layers = new ArrayList<>();
  private final float[] outputNorm;
  private final WeightMatrix output;
  private final float[][] embedding;
  private final RotaryTable rotary;

  private LlamaModel(GgufFile file, LlamaShape shape, LlamaVocabulary vocabulary) {
    this.shape = shape;
    this.vocabulary = vocabulary;
    name = file.metadata().optionalText("general.name").orElse("unnamed");
    boolean tied = !file.has(OUTPUT);
    output =
        WeightMatrix.read(file, tied ? EMBEDDING : OUTPUT, shape.vocabularySize(), shape.width());
    // With tied embeddings the output matrix holds them already; no second copy.
    embedding = tied ? new float[0][] : readRows(file, shape);
    outputNorm = readVector(file, OUTPUT_NORM, shape.width());
    for (int i = 0; i < shape.layers(); i++) {
      layers.add(LlamaLayer.read(file, i, shape));
    }
    rotary = new RotaryTable(shape);
  }

  /**
   * @param memoryBytes bound on what weights and one session may take
   * @throws BrokenModelFileException if the file does not hold exactly such a model
   * @throws EngineException {@link EngineError#MODEL_TOO_LARGE}
   */
  static LlamaModel read(GgufFile file, long memoryBytes) {
    LlamaVocabulary vocabulary = LlamaVocabulary.read(file.metadata());
    LlamaShape shape = LlamaShape.of(file.metadata(), vocabulary.tokenizer().vocabularySize());
    requireKnownTensors(file, shape);
    // Before anything of that size is allocated. Rotary tables: two per context position and half a
    // head each.
    long needed =
        Float.BYTES * file.elements()
            + shape.sessionBytes()
            + (long) Float.BYTES * shape.contextLength() * shape.headWidth();
    if (needed > memoryBytes) {
      throw new EngineException(
          EngineError.MODEL_TOO_LARGE,
          "the model needs %d MiB, allowed are %d MiB".formatted(needed >> 20, memoryBytes >> 20));
    }
    return new LlamaModel(file, shape, vocabulary);
  }

  LlamaSession newSession() {
    return new LlamaSession(this);
  }

  String name() {
    return name;
  }

  LlamaShape shape() {
    return shape;
  }

  LlamaVocabulary vocabulary() {
    return vocabulary;
  }

  LlamaLayer layer(int index) {
    return layers.get(index);
  }

  float[] outputNorm() {
    return outputNorm;
  }

  /** From the last hidden vector to logits. */
  WeightMatrix output() {
    return output;
  }

  RotaryTable rotary() {
    return rotary;
  }

  void embed(int token, float[] target) {
    if (embedding.length == 0) {
      output.copyRow(token, target);
    } else {
      System.arraycopy(embedding[token], 0, target, 0, target.length);
    }
  }

  static float[] readVector(GgufFile file, String tensor, int length) {
    file.requireShape(tensor, 1, length);
    float[] vector = new float[length];
    file.read(tensor, (row, weights) -> System.arraycopy(weights, 0, vector, 0, length));
    return vector;
  }

  private static float[][] readRows(GgufFile file, LlamaShape shape) {
    file.requireShape(EMBEDDING, shape.vocabularySize(), shape.width());
    float[][] rows = new float[shape.vocabularySize()][];
    file.read(EMBEDDING, (row, weights) -> rows[row] = weights.clone());
    return rows;
  }

  /** A tensor that is left out of the computation would make every answer silently wrong. */
  private static void requireKnownTensors(GgufFile file, LlamaShape shape) {
    Set<String> known = new HashSet<>(Set.of(EMBEDDING, OUTPUT, OUTPUT_NORM));
    for (int i = 0; i < shape.layers(); i++) {
      for (String tensor : LAYER_TENSORS) {
        known.add(LlamaLayer.prefix(i) + tensor + ".weight");
      }
    }
    Optional<String> unknown =
        file.tensorNames().stream().filter(tensor -> !known.contains(tensor)).findFirst();
    if (unknown.isPresent()) {
      throw file.metadata()
          .broken("tensor '%s' is not part of a plain llama model".formatted(unknown.get()));
    }
  }
}
