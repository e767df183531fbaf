package io.dgrid.worker.engine.embedded;

import io.dgrid.core.sampling.DeterministicMath;
import io.dgrid.core.sampling.Sampler;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One sequence with the keys and values of its tokens. Feeding tokens one by one or in blocks gives
 * the same bits. Not thread safe.
 */
final class LlamaSession {
  /**
   * Most tokens one call of {@link #feed} takes; a caller that may be cancelled checks between
   * calls.
   */
  static final int BLOCK = 32;

  private final LlamaModel model;
  private final LlamaShape shape;
  private final int headWidth;
  private final float scale;

  private final int[] tokens;
  private int length;

  // Keys by element, values by position: each is walked along its last index.
  private final float[][][] keys;
  private final float[][][][] values;

  private final float[][] state;
  private final float[][] normed;
  private final float[][] projected;
  private final float[][] newKeys;
  private final float[][] newValues;
  private final float[][] gate;
  private final float[][] up;
  private final float[][] logits;
  private final Sampler sampler;
  private final float[] attention;
  private final float[] mixed;

  LlamaSession(LlamaModel model) {
    this.model = model;
    shape = model.shape();
    headWidth = shape.headWidth();
    scale = (float) (1.0 / Math.sqrt(headWidth));
    int context = shape.contextLength();
    tokens = new int[context];
    keys = new float[shape.layers()][shape.keyValueWidth()][context];
    values = new float[shape.layers()][shape.keyValueHeads()][context][headWidth];
    int block = Math.min(BLOCK, context);
    state = new float[block][shape.width()];
    normed = new float[block][shape.width()];
    projected = new float[block][shape.width()];
    newKeys = new float[block][shape.keyValueWidth()];
    newValues = new float[block][shape.keyValueWidth()];
    gate = new float[block][shape.hidden()];
    up = new float[block][shape.hidden()];
    logits = new float[block][];
    sampler = new Sampler(shape.vocabularySize());
    attention = new float[context];
    mixed = new float[headWidth];
  }

  /** Number of tokens whose keys and values are there. */
  int length() {
    return length;
  }

  /** How many tokens at the start of {@code wanted[0, count)} this session already holds. */
  int commonPrefix(int[] wanted, int count) {
    int mismatch = Arrays.mismatch(tokens, 0, length, wanted, 0, count);
    return mismatch < 0 ? length : mismatch;
  }

  /** Forgets all tokens from {@code newLength} on. */
  void truncate(int newLength) {
    if (newLength < 0 || newLength > length) {
      throw new IllegalArgumentException(
          "cannot truncate %d tokens to %d".formatted(length, newLength));
    }
    length = newLength;
  }

  /**
   * Appends {@code ids[from, to)}, at most {@link #BLOCK} tokens that must fit into the context.
   *
   * @param scored after how many of the last of these tokens logits are wanted
   */
  void feed(int[] ids, int from, int to, int scored) {
    int count = to - from;
    if (count < 1
        || scored > count
        || count > state.length
        || length + count > shape.contextLength()) {
      throw new IllegalArgumentException(
          "cannot append %d tokens to %d of %d".formatted(count, length, shape.contextLength()));
    }
    for (int b = 0; b < count; b++) {
      tokens[length + b] = ids[from + b];
      model.embed(ids[from + b], state[b]);
    }
    for (int l = 0; l < shape.layers(); l++) {
      attend(l, model.layer(l), count);
      feedForward(model.layer(l), count);
    }
    length += count;
    if (scored > 0) {
      computeLogits(count - scored, count);
    }
  }

  /**
   * Feeds {@code ids[length, end)}, at least one token, in blocks.
   *
   * @param stop asked before each block
   * @return logits after the last token, only valid until the next call; null when told to stop
   */
  float @Nullable [] catchUp(int[] ids, int end, BooleanSupplier stop) {
    int count = 0;
    while (length < end) {
      if (stop.getAsBoolean()) {
        return null;
      }
      count = Math.min(BLOCK, end - length);
      feed(ids, length, length + count, length + count == end ? 1 : 0);
    }
    return logits(count - 1);
  }

  /**
   * Logits after token {@code index} of the last {@link #feed}, counted from its {@code from};
   * overwritten by the next call.
   */
  float[] logits(int index) {
    return logits[index];
  }

  /** The buffers to draw with; they live as long as the session's. */
  Sampler sampler() {
    return sampler;
  }

  private void computeLogits(int first, int count) {
    // Rows are moved to the front because a multiplication starts at row 0.
    float[][] in = Arrays.copyOfRange(normed, first, count);
    float[][] out = new float[count - first][];
    for (int b = first; b < count; b++) {
      normalise(state[b], model.outputNorm(), normed[b]);
      if (logits[b] == null) {
        logits[b] = new float[shape.vocabularySize()];
      }
      out[b - first] = logits[b];
    }
    model.output().multiply(in, out, count - first);
  }

  private void attend(int l, LlamaLayer layer, int count) {
    for (int b = 0; b < count; b++) {
      normalise(state[b], layer.attentionNorm(), normed[b]);
    }
    layer.query().multiply(normed, projected, count);
    layer.key().multiply(normed, newKeys, count);
    layer.value().multiply(normed, newValues, count);
    for (int b = 0; b < count; b++) {
      model.rotary().rotate(projected[b], shape.heads(), length + b);
      model.rotary().rotate(newKeys[b], shape.keyValueHeads(), length + b);
      remember(l, b);
    }
    for (int b = 0; b < count; b++) {
      mixValues(l, projected[b], normed[b], length + b + 1);
    }
    layer.attentionOutput().multiply(normed, projected, count);
    for (int b = 0; b < count; b++) {
      WeightMatrix.addScaled(projected[b], 1f, state[b], shape.width());
    }
  }

  private void remember(int l, int b) {
    int position = length + b;
    for (int i = 0; i < shape.keyValueWidth(); i++) {
      keys[l][i][position] = newKeys[b][i];
    }
    for (int h = 0; h < shape.keyValueHeads(); h++) {
      System.arraycopy(newValues[b], h * headWidth, values[l][h][position], 0, headWidth);
    }
  }

  private void mixValues(int l, float[] query, float[] out, int visible) {
    int queriesPerKey = shape.heads() / shape.keyValueHeads();
    for (int h = 0; h < shape.heads(); h++) {
      int keyHead = h / queriesPerKey;
      Arrays.fill(attention, 0, visible, 0f);
      for (int d = 0; d < headWidth; d++) {
        WeightMatrix.addScaled(
            keys[l][keyHead * headWidth + d], query[h * headWidth + d], attention, visible);
      }
      float normaliser = exponentiate(visible);
      Arrays.fill(mixed, 0f);
      for (int t = 0; t < visible; t++) {
        WeightMatrix.addScaled(values[l][keyHead][t], attention[t] * normaliser, mixed, headWidth);
      }
      System.arraycopy(mixed, 0, out, h * headWidth, headWidth);
    }
  }

  /** Turns attention scores into unnormalised weights; returns one over their sum. */
  private float exponentiate(int visible) {
    float max = Float.NEGATIVE_INFINITY;
    for (int t = 0; t < visible; t++) {
      max = Math.max(max, attention[t]);
    }
    double sum = 0;
    for (int t = 0; t < visible; t++) {
      double weight = DeterministicMath.exp((attention[t] - max) * scale);
      attention[t] = (float) weight;
      sum += weight;
    }
    return (float) (1 / sum);
  }

  private void feedForward(LlamaLayer layer, int count) {
    for (int b = 0; b < count; b++) {
      normalise(state[b], layer.feedForwardNorm(), normed[b]);
    }
    layer.gate().multiply(normed, gate, count);
    layer.up().multiply(normed, up, count);
    for (int b = 0; b < count; b++) {
      gateWithSilu(gate[b], up[b]);
    }
    layer.down().multiply(gate, projected, count);
    for (int b = 0; b < count; b++) {
      WeightMatrix.addScaled(projected[b], 1f, state[b], shape.width());
    }
  }

  private static void gateWithSilu(float[] gate, float[] up) {
    for (int i = 0; i < gate.length; i++) {
      float z = gate[i];
      double e = DeterministicMath.exp(-Math.abs(z));
      float sigmoid = (float) (z >= 0 ? 1 / (1 + e) : e / (1 + e));
      gate[i] = z * sigmoid * up[i];
    }
  }

  private void normalise(float[] x, float[] weight, float[] out) {
    double squares = 0;
    for (float element : x) {
      squares += (double) element * element;
    }
    float factor = (float) (1.0 / Math.sqrt(squares / x.length + shape.normEpsilon()));
    for (int i = 0; i < x.length; i++) {
      out[i] = x[i] * factor * weight[i];
    }
  }
}
