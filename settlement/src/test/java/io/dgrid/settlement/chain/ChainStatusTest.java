package io.dgrid.settlement.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.settlement.chain.ChainException.Code;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ChainStatusTest {
  private final ChainStatus status =
      new ChainStatus(() -> Instant.EPOCH, new SimpleMeterRegistry());

  @Test
  void aChainThatWasNeverSeenIsNoneToWorkOn() {
    assertThat(status.isReady()).isFalse();
    status.failed(failure(Code.UNREACHABLE));
    assertThat(status.isReady()).isFalse();
    assertThat(status.state().detail()).isEqualTo("UNREACHABLE, said so");
    status.following(10, 10);
    assertThat(status.isReady()).isTrue();
  }

  @Test
  void aChainThatWentAwayIsWaitedFor() {
    status.following(10, 10);
    status.failed(failure(Code.UNREACHABLE));
    assertThat(status.isReady()).isTrue();
    status.failed(failure(Code.REFUSED));
    assertThat(status.isReady()).isTrue();
  }

  @Test
  void whatOnlyAPersonCanCureIsNotWaitedFor() {
    status.following(10, 10);
    status.failed(failure(Code.WRONG_CONTRACT));
    assertThat(status.isReady()).isFalse();
  }

  private static ChainException failure(Code code) {
    return new ChainException(code, code + ", said so");
  }
}
