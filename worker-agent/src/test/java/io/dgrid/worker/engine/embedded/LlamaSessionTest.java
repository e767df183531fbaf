package io.dgrid.worker.engine.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LlamaSessionTest {
  private static final int[] IDS = new Random(9).ints(512, 0, 1024).toArray();

  private static LlamaModel model;

  @BeforeAll
  static void load() {
    try (GgufFile file = GgufFile.open(DemoModel.weights())) {
      model = LlamaModel.read(file, 256L << 20);
    }
  }

  @Test
  void blocksOfAnySizeGiveTheSameBits() {
    float[] expected = fresh(150);
    for (long seed = 1; seed <= 10; seed++) {
      Random random = new Random(seed);
      LlamaSession session = model.newSession();
      int count = 0;
      while (session.length() < 150) {
        int from = session.length();
        count = Math.min(150 - from, 1 + random.nextInt(LlamaSession.BLOCK));
        session.feed(IDS, from, from + count, random.nextInt(count) + 1);
      }
      assertThat(session.logits(count - 1)).as("seed %d", seed).containsExactly(expected);
    }
  }

  @Test
  void aTruncatedSessionRemembersNothingBeyond() {
    LlamaSession session = model.newSession();
    int[] other = IDS.clone();
    Arrays.fill(other, 40, 200, 7);
    session.catchUp(other, 200, () -> false);

    int common = session.commonPrefix(IDS, 150);
    session.truncate(common);

    assertThat(common).isEqualTo(40);
    assertThat(session.catchUp(IDS, 150, () -> false)).containsExactly(fresh(150));
  }

  @Test
  void aStopIsHeardBeforeEachBlock() {
    LlamaSession session = model.newSession();
    AtomicInteger asked = new AtomicInteger();

    assertThat(session.catchUp(IDS, 500, () -> asked.incrementAndGet() == 4)).isNull();

    assertThat(asked).hasValue(4);
    assertThat(session.length()).isEqualTo(3 * LlamaSession.BLOCK);
    // What is there stays good.
    assertThat(session.catchUp(IDS, 150, () -> false)).containsExactly(fresh(150));
  }

  @Test
  void theContextIsTheLimit() {
    LlamaSession session = model.newSession();
    session.catchUp(IDS, 512, () -> false);
    assertThatIllegalArgumentException().isThrownBy(() -> session.feed(IDS, 0, 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> session.truncate(513));
  }

  @Test
  void thePoolPrefersTheSessionThatKnowsMost() {
    SessionPool pool = new SessionPool(model, 2);
    int[] other = IDS.clone();
    Arrays.fill(other, 20, 512, 7);
    LlamaSession first = pool.acquire(IDS, 100);
    first.catchUp(IDS, 100, () -> false);
    LlamaSession second = pool.acquire(other, 100);
    second.catchUp(other, 100, () -> false);
    pool.release(first);
    pool.release(second);

    LlamaSession found = pool.acquire(other, 100);

    assertThat(found).isSameAs(second);
    // The last token is fed again, because only that gives its logits.
    assertThat(found.length()).isEqualTo(99);
    assertThat(pool.acquire(IDS, 60)).isSameAs(first);
    assertThat(first.length()).isEqualTo(59);
  }

  private static float[] fresh(int count) {
    return model.newSession().catchUp(IDS, count, () -> false);
  }
}
