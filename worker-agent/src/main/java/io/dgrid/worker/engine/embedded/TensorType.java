package io.dgrid.worker.engine.embedded;

import java.nio.ByteBuffer;

/** The weight formats this engine reads, with their ids in GGUF files. */
enum TensorType {
  F32(0, 1, 4) {
    @Override
    void decode(ByteBuffer in, float[] out) {
      for (int i = 0; i < out.length; i++) {
        out[i] = in.getFloat();
      }
    }
  },
  F16(1, 1, 2) {
    @Override
    void decode(ByteBuffer in, float[] out) {
      for (int i = 0; i < out.length; i++) {
        out[i] = Float.float16ToFloat(in.getShort());
      }
    }
  },
  Q4_0(2, 32, 18) {
    @Override
    void decode(ByteBuffer in, float[] out) {
      for (int block = 0; block < out.length; block += 32) {
        float scale = Float.float16ToFloat(in.getShort());
        for (int i = 0; i < 16; i++) {
          int pair = in.get();
          out[block + i] = scale * ((pair & 15) - 8);
          out[block + i + 16] = scale * (((pair >> 4) & 15) - 8);
        }
      }
    }
  },
  Q8_0(8, 32, 34) {
    @Override
    void decode(ByteBuffer in, float[] out) {
      for (int block = 0; block < out.length; block += 32) {
        float scale = Float.float16ToFloat(in.getShort());
        for (int i = 0; i < 32; i++) {
          out[block + i] = scale * in.get();
        }
      }
    }
  },
  BF16(30, 1, 2) {
    @Override
    void decode(ByteBuffer in, float[] out) {
      for (int i = 0; i < out.length; i++) {
        out[i] = Float.intBitsToFloat(in.getShort() << 16);
      }
    }
  };

  private final int id;
  private final int blockElements;
  private final int blockBytes;

  TensorType(int id, int blockElements, int blockBytes) {
    this.id = id;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /** Reads {@code out.length} weights (whole blocks) from a little-endian buffer. */
  abstract void decode(ByteBuffer in, float[] out);

  /** Weights per block: rows are a multiple of it. */
  int blockElements() {
    return blockElements;
  }

  /** Bytes of a row of {@code elements} weights. */
  long rowBytes(long elements) {
    return elements / blockElements * blockBytes;
  }

  static TensorType ofId(int id, String where) {
    for (TensorType type : values()) {
      if (type.id == id) {
        return type;
      }
    }
    throw new BrokenModelFileException("%s has the unsupported type %d".formatted(where, id));
  }
}
