package io.dgrid.oracle.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.ReceiptHash;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

class SamplingTest {
  private static final EpochSecret SECRET =
      new EpochSecret(7, Keccak.hash("a secret".getBytes(java.nio.charset.StandardCharsets.UTF_8)));

  @Test
  void shareOfSampledReceiptsIsTheRate() {
    for (int rate : new int[] {10_000, 250_000, 900_000}) {
      int picked = 0;
      for (int i = 0; i < 20_000; i++) {
        picked += SECRET.picks(receipt(i), rate) ? 1 : 0;
      }
      double deviation = Math.sqrt(20_000 * (rate / 1e6) * (1 - rate / 1e6));
      assertThat((double) picked).isCloseTo(20_000 * (rate / 1e6), within(4 * deviation));
    }
  }

  @Test
  void everythingAndNothingAreExact() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(SECRET.picks(receipt(i), 1_000_000)).isTrue();
      assertThat(SECRET.picks(receipt(i), 0)).isFalse();
    }
  }

  @Test
  void anybodyWithTheRevealedSecretRecomputesTheSameSamples() {
    EpochSecret revealed = new EpochSecret(7, Hash.fromHex(SECRET.secret().toString()));
    assertThat(revealed.commitment()).isEqualTo(SECRET.commitment());
    for (int i = 0; i < 500; i++) {
      assertThat(revealed.picks(receipt(i), 100_000)).isEqualTo(SECRET.picks(receipt(i), 100_000));
    }
  }

  @Test
  void anotherSecretPicksOthers() {
    EpochSecret other = EpochSecret.draw(8, new SecureRandom());
    int both = 0;
    for (int i = 0; i < 10_000; i++) {
      both += SECRET.picks(receipt(i), 100_000) && other.picks(receipt(i), 100_000) ? 1 : 0;
    }
    assertThat(both).isBetween(50, 160);
  }

  @Test
  void higherRateOnlyAdds() {
    for (int i = 0; i < 2_000; i++) {
      if (SECRET.picks(receipt(i), 50_000)) {
        assertThat(SECRET.picks(receipt(i), 60_000)).isTrue();
      }
    }
  }

  @Test
  void secretStaysOutOfLogs() {
    assertThat(SECRET.toString()).isEqualTo("EpochSecret[7]");
  }

  @Test
  void newNodesAreReplayedAlwaysAndTrustedOnesAtTheFloor() {
    SamplingRate rate = new SamplingRate(0, 3_000);
    assertThat(rate.micros(99, 1_000_000)).isEqualTo(1_000_000);
    assertThat(rate.micros(100, 1_000_000)).isEqualTo(10_000);
    assertThat(rate.micros(100, 0)).isEqualTo(1_000_000);
    assertThat(rate.micros(100, 500_000)).isEqualTo(505_000);
    assertThat(new SamplingRate(0, 50_000).micros(100, 1_000_000)).isEqualTo(150_000);
    assertThat(new SamplingRate(1_000_000, 0).micros(100, 1_000_000)).isEqualTo(1_000_000);
    assertThatThrownBy(() -> new SamplingRate(1_000_001, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static ReceiptHash receipt(int number) {
    return new ReceiptHash(Keccak.hash(ByteBuffer.allocate(4).putInt(number).array()));
  }
}
