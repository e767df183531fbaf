package io.dgrid.worker.engine.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class TensorTypeTest {
  private static final short HALF_TWO = 0x4000; // 2.0 as a 16-bit float

  @Test
  void readsPlainNumbers() {
    assertThat(decode(TensorType.F32, GgufBuilder.little(8).putFloat(1.5f).putFloat(-2f), 2))
        .containsExactly(1.5f, -2f);
    assertThat(
            decode(
                TensorType.F16,
                GgufBuilder.little(6)
                    .putShort(HALF_TWO)
                    .putShort((short) 0xBC00)
                    .putShort((short) 1),
                3))
        .containsExactly(2f, -1f, 0x1p-24f);
    assertThat(
            decode(
                TensorType.BF16,
                GgufBuilder.little(4).putShort((short) 0x3FC0).putShort((short) 0xC000),
                2))
        .containsExactly(1.5f, -2f);
  }

  @Test
  void readsBlocksOfBytesWithAScale() {
    ByteBuffer block = GgufBuilder.little(34).putShort(HALF_TWO);
    for (int i = 0; i < 32; i++) {
      block.put((byte) (i - 16));
    }
    float[] weights = decode(TensorType.Q8_0, block, 32);
    for (int i = 0; i < 32; i++) {
      assertThat(weights[i]).isEqualTo(2f * (i - 16));
    }
  }

  @Test
  void readsBlocksOfHalfBytesWithAScale() {
    ByteBuffer block = GgufBuilder.little(18).putShort(HALF_TWO);
    for (int i = 0; i < 16; i++) {
      // Low half: element i; high half: element i + 16.
      block.put((byte) (i | (15 - i) << 4));
    }
    float[] weights = decode(TensorType.Q4_0, block, 32);
    for (int i = 0; i < 16; i++) {
      assertThat(weights[i]).isEqualTo(2f * (i - 8));
      assertThat(weights[i + 16]).isEqualTo(2f * (15 - i - 8));
    }
  }

  private static float[] decode(TensorType type, ByteBuffer bytes, int count) {
    float[] weights = new float[count];
    type.decode(bytes.flip(), weights);
    assertThat(bytes.hasRemaining()).isFalse();
    return weights;
  }
}
