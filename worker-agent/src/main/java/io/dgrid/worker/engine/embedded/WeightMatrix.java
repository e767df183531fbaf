package io.dgrid.worker.engine.embedded;

import java.util.Arrays;

/**
 * A weight matrix, stored by input: {@code columns[j][i]} is the weight from input j to output i.
 *
 * <p>Every output is a sum over the inputs in ascending order and no sum is ever split, so results
 * depend neither on the number of rows multiplied at once nor on vector width. Java never fuses a
 * multiplication with an addition, so they do not depend on the CPU either. All arrays of an inner
 * loop share one index that starts at 0: that is the form the JIT turns into vector code.
 */
final class WeightMatrix {
  /** Rows whose partial sums stay in the first-level cache together with four columns. */
  private static final int BATCH = 16;

  private final float[][] columns;
  private final int outputs;

  private WeightMatrix(float[][] columns, int outputs) {
    this.columns = columns;
    this.outputs = outputs;
  }

  /** Reads a tensor of {@code outputs} rows with {@code inputs} weights each. */
  static WeightMatrix read(GgufFile file, String tensor, int outputs, int inputs) {
    file.requireShape(tensor, outputs, inputs);
    float[][] columns = new float[inputs][outputs];
    file.read(
        tensor,
        (row, weights) -> {
          for (int j = 0; j < weights.length; j++) {
            columns[j][row] = weights[j];
          }
        });
    return new WeightMatrix(columns, outputs);
  }

  /** Copies the weights of one output. */
  void copyRow(int output, float[] target) {
    for (int j = 0; j < columns.length; j++) {
      target[j] = columns[j][output];
    }
  }

  /** {@code y[r] = W · x[r]} for the first {@code rows} vectors. */
  void multiply(float[][] x, float[][] y, int rows) {
    for (int first = 0; first < rows; first += BATCH) {
      multiplyBatch(x, y, first, Math.min(rows, first + BATCH));
    }
  }

  private void multiplyBatch(float[][] x, float[][] y, int first, int end) {
    for (int r = first; r < end; r++) {
      Arrays.fill(y[r], 0, outputs, 0f);
    }
    int j = 0;
    for (; j + 3 < columns.length; j += 4) {
      for (int r = first; r < end; r++) {
        float[] in = x[r];
        addScaled4(
            columns[j],
            columns[j + 1],
            columns[j + 2],
            columns[j + 3],
            in[j],
            in[j + 1],
            in[j + 2],
            in[j + 3],
            y[r],
            outputs);
      }
    }
    for (; j < columns.length; j++) {
      for (int r = first; r < end; r++) {
        addScaled(columns[j], x[r][j], y[r], outputs);
      }
    }
  }

  private static void addScaled4(
      float[] p,
      float[] q,
      float[] r,
      float[] s,
      float a,
      float b,
      float c,
      float d,
      float[] y,
      int n) {
    for (int i = 0; i < n; i++) {
      y[i] = (((y[i] + a * p[i]) + b * q[i]) + c * r[i]) + d * s[i];
    }
  }

  /** {@code y += a · p} over the first {@code n} elements. */
  static void addScaled(float[] p, float a, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      y[i] += a * p[i];
    }
  }
}
