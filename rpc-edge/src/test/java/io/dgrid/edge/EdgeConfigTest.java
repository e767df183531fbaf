package io.dgrid.edge;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class EdgeConfigTest {
  private final EdgeConfig config = TestConfig.defaults();

  @Test
  void admissionDefaults() {
    assertThat(config.admission().maxPromptBytes()).isEqualTo(1 << 20);
    assertThat(config.admission().maxMessages()).isEqualTo(1024);
    assertThat(config.admission().maxExpiryAhead()).isEqualTo(Duration.ofHours(1));
    assertThat(config.admission().maxTimeout()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.admission().maxLiveJobs()).isEqualTo(64);
    assertThat(config.admission().maxUnconfirmedReceipts()).isEqualTo(4);
    assertThat(config.admission().forgottenAfter()).isEqualTo(Duration.ofDays(7));
    assertThat(config.admission().idempotencyRetention()).isEqualTo(Duration.ofHours(24));
    assertThat(config.admission().offersMaxAge()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.admission().offersKept()).isEqualTo(Duration.ofSeconds(15));
  }

  @Test
  void limitDefaults() {
    assertThat(config.limits().accountRate()).isEqualTo(200);
    assertThat(config.limits().accountBurst()).isEqualTo(400);
    assertThat(config.limits().peerRate()).isEqualTo(1000);
    assertThat(config.limits().peerBurst()).isEqualTo(2000);
    assertThat(config.limits().verifications()).isEqualTo(4);
    assertThat(config.limits().acceptances()).isEqualTo(64);
    assertThat(config.limits().turnsPerAccount()).isEqualTo(16);
    assertThat(config.limits().maxWaiting()).isEqualTo(2048);
    assertThat(config.limits().maxWaitingPerAccount()).isEqualTo(128);
    assertThat(config.limits().maxWait()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void streamDefaults() {
    assertThat(config.streams().window()).isEqualTo(256);
    assertThat(config.streams().abandonGrace()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.streams().orphanGrace()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.streams().retention()).isEqualTo(Duration.ofMinutes(2));
    assertThat(config.streams().maxStreams()).isEqualTo(4096);
    assertThat(config.streams().deadlineMargin()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.streams().gapWait()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.streams().logWait()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void otherDefaults() {
    assertThat(config.feeBasisPoints()).isZero();
    assertThat(config.settlement()).isEmpty();
    assertThat(config.oracleAddress()).isEmpty();
    assertThat(config.contracts()).isEmpty();
    assertThat(config.accounts().maxApiKeys()).isEqualTo(100);
    assertThat(config.accounts().maxProofAhead()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.accounts().voucherValidity()).isEqualTo(Duration.ofDays(30));
    assertThat(config.openai().defaultMaxPrice()).isEqualTo("5000000000000000000");
    assertThat(config.openai().defaultMaxTokens()).isEqualTo(256);
    assertThat(config.openai().timeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.timeouts().database()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.timeouts().publish()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.timeouts().scheduler()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.timeouts().settlement()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.timeouts().drain()).isEqualTo(Duration.ofSeconds(10));
  }
}
