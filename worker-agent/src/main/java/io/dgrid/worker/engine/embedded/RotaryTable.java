package io.dgrid.worker.engine.embedded;

/**
 * Rotary position embedding in GGUF's llama layout: neighbouring elements form the rotated pairs.
 */
final class RotaryTable {
  private final float[] cosines;
  private final float[] sines;
  private final int pairs;

  RotaryTable(LlamaShape shape) {
    pairs = shape.headWidth() / 2;
    cosines = new float[shape.contextLength() * pairs];
    sines = new float[cosines.length];
    for (int i = 0; i < pairs; i++) {
      // StrictMath, because Math's sine, cosine and power may differ between machines.
      float frequency =
          (float) (1.0 / StrictMath.pow(shape.ropeBase(), 2.0 * i / shape.headWidth()));
      for (int position = 0; position < shape.contextLength(); position++) {
        float angle = position * frequency;
        cosines[position * pairs + i] = (float) StrictMath.cos(angle);
        sines[position * pairs + i] = (float) StrictMath.sin(angle);
      }
    }
  }

  /** Rotates {@code heads} heads that lie one after the other. */
  void rotate(float[] vector, int heads, int position) {
    int row = position * pairs;
    for (int head = 0; head < heads; head++) {
      for (int i = 0; i < pairs; i++) {
        int at = 2 * (head * pairs + i);
        float cosine = cosines[row + i];
        float sine = sines[row + i];
        float a = vector[at];
        float b = vector[at + 1];
        vector[at] = a * cosine - b * sine;
        vector[at + 1] = a * sine + b * cosine;
      }
    }
  }
}
