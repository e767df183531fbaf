package io.dgrid.worker.engine.embedded;

/** The weights of one transformer block. */
record LlamaLayer(
    float[] attentionNorm,
    WeightMatrix query,
    WeightMatrix key,
    WeightMatrix value,
    WeightMatrix attentionOutput,
    float[] feedForwardNorm,
    WeightMatrix gate,
    WeightMatrix up,
    WeightMatrix down) {
  static LlamaLayer read(GgufFile file, int index, LlamaShape shape) {
    String prefix = prefix(index);
    int width = shape.width();
    int keyValueWidth = shape.keyValueWidth();
    int hidden = shape.hidden();
    return new LlamaLayer(
        LlamaModel.readVector(file, prefix + "attn_norm.weight", width),
        WeightMatrix.read(file, prefix + "attn_q.weight", width, width),
        WeightMatrix.read(file, prefix + "attn_k.weight", keyValueWidth, width),
        WeightMatrix.read(file, prefix + "attn_v.weight", keyValueWidth, width),
        WeightMatrix.read(file, prefix + "attn_output.weight", width, width),
        LlamaModel.readVector(file, prefix + "ffn_norm.weight", width),
        WeightMatrix.read(file, prefix + "ffn_gate.weight", hidden, width),
        WeightMatrix.read(file, prefix + "ffn_up.weight", hidden, width),
        WeightMatrix.read(file, prefix + "ffn_down.weight", width, hidden));
  }

  static String prefix(int index) {
    return "blk." + index + ".";
  }
}
