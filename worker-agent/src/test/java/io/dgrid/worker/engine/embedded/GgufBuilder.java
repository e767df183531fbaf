package io.dgrid.worker.engine.embedded;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Writes small GGUF files, right ones and wrong ones. */
final class GgufBuilder {
  private static final int WIDTH = 8;
  private static final int HIDDEN = 12;

  private int version = 3;
  private final Map<String, byte[]> metadata = new LinkedHashMap<>();
  private final List<Tensor> tensors = new ArrayList<>();

  private record Tensor(String name, int type, byte[] data, long[] dimensions, long offset) {}

  /** A whole model with one layer, one head and bytes as tokens. */
  static GgufBuilder tinyModel() {
    GgufBuilder file =
        new GgufBuilder()
            .text("general.architecture", "llama")
            .text("general.name", "tiny")
            .integer("llama.embedding_length", WIDTH)
            .integer("llama.block_count", 1)
            .integer("llama.attention.head_count", 2)
            .integer("llama.attention.head_count_kv", 1)
            .integer("llama.feed_forward_length", HIDDEN)
            .integer("llama.context_length", 16)
            .number("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .number("llama.rope.freq_base", 10_000f)
            .text("tokenizer.ggml.model", "gpt2");
    List<String> tokens = new ArrayList<>();
    for (int b = 0; b < 256; b++) {
      tokens.add(symbol(b));
    }
    tokens.add("ab");
    tokens.add("<|end|>");
    file.texts("tokenizer.ggml.tokens", tokens);
    int[] types = new int[tokens.size()];
    java.util.Arrays.fill(types, 1);
    types[257] = 3;
    file.integers("tokenizer.ggml.token_type", types)
        .texts("tokenizer.ggml.merges", List.of("a b"))
        .integer("tokenizer.ggml.bos_token_id", 257)
        .integer("tokenizer.ggml.eos_token_id", 257);
    Random random = new Random(5);
    file.floats("token_embd.weight", random, WIDTH, 258)
        .floats("output_norm.weight", random, WIDTH);
    file.floats("blk.0.attn_norm.weight", random, WIDTH)
        .floats("blk.0.attn_q.weight", random, WIDTH, WIDTH)
        .floats("blk.0.attn_k.weight", random, WIDTH, WIDTH / 2)
        .floats("blk.0.attn_v.weight", random, WIDTH, WIDTH / 2)
        .floats("blk.0.attn_output.weight", random, WIDTH, WIDTH)
        .floats("blk.0.ffn_norm.weight", random, WIDTH)
        .floats("blk.0.ffn_gate.weight", random, WIDTH, HIDDEN)
        .floats("blk.0.ffn_up.weight", random, WIDTH, HIDDEN)
        .floats("blk.0.ffn_down.weight", random, HIDDEN, WIDTH);
    return file;
  }

  GgufBuilder version(int newVersion) {
    version = newVersion;
    return this;
  }

  GgufBuilder text(String key, String value) {
    return raw(key, 8, string(value));
  }

  GgufBuilder integer(String key, int value) {
    return raw(key, 4, little(4).putInt(value).array());
  }

  GgufBuilder number(String key, float value) {
    return raw(key, 6, little(4).putFloat(value).array());
  }

  GgufBuilder texts(String key, List<String> values) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(little(12).putInt(8).putLong(values.size()).array());
    values.forEach(value -> out.writeBytes(string(value)));
    return raw(key, 9, out.toByteArray());
  }

  GgufBuilder integers(String key, int... values) {
    ByteBuffer out = little(12 + 4 * values.length).putInt(5).putLong(values.length);
    for (int value : values) {
      out.putInt(value);
    }
    return raw(key, 9, out.array());
  }

  /** Any value of any type. */
  GgufBuilder raw(String key, int type, byte[] value) {
    metadata.put(key, concatenate(little(4).putInt(type).array(), value));
    return this;
  }

  GgufBuilder without(String name) {
    metadata.remove(name);
    tensors.removeIf(tensor -> tensor.name.equals(name));
    return this;
  }

  GgufBuilder floats(String name, Random random, long... dimensions) {
    int count = 1;
    for (long dimension : dimensions) {
      count *= (int) dimension;
    }
    ByteBuffer data = little(4 * count);
    for (int i = 0; i < count; i++) {
      data.putFloat(random.nextFloat() - 0.5f);
    }
    return tensor(name, 0, data.array(), -1, dimensions);
  }

  /**
   * @param offset where the header claims it is; −1 for the truth
   */
  GgufBuilder tensor(String name, int type, byte[] data, long offset, long... dimensions) {
    tensors.add(new Tensor(name, type, data, dimensions, offset));
    return this;
  }

  byte[] bytes() {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    header.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    header.writeBytes(
        little(20).putInt(version).putLong(tensors.size()).putLong(metadata.size()).array());
    metadata.forEach(
        (key, value) -> {
          header.writeBytes(string(key));
          header.writeBytes(value);
        });
    for (Tensor tensor : tensors) {
      header.writeBytes(string(tensor.name));
      ByteBuffer shape = little(4 + 8 * tensor.dimensions.length);
      shape.putInt(tensor.dimensions.length);
      for (long dimension : tensor.dimensions) {
        shape.putLong(dimension);
      }
      header.writeBytes(shape.array());
      long offset = tensor.offset == -1 ? data.size() : tensor.offset;
      header.writeBytes(little(12).putInt(tensor.type).putLong(offset).array());
      data.writeBytes(tensor.data);
      pad(data);
    }
    pad(header);
    header.writeBytes(data.toByteArray());
    return header.toByteArray();
  }

  static byte[] string(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    return concatenate(little(8).putLong(utf8.length).array(), utf8);
  }

  static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void pad(ByteArrayOutputStream out) {
    while (out.size() % 32 != 0) {
      out.write(0);
    }
  }

  private static String symbol(int b) {
    // Latin-1 stands for itself where printable; the others in order from U+0100.
    int substitutes = 0;
    for (int i = 0; i <= b; i++) {
      boolean printable = (i >= 33 && i <= 126) || (i >= 161 && i <= 172) || i >= 174;
      if (i == b) {
        return String.valueOf((char) (printable ? b : 256 + substitutes));
      }
      substitutes += printable ? 0 : 1;
    }
    throw new IllegalArgumentException("not a byte: " + b);
  }

  private static byte[] concatenate(byte[] first, byte[] second) {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(first);
    both.writeBytes(second);
    return both.toByteArray();
  }
}
