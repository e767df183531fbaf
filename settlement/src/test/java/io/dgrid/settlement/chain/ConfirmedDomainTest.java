package io.dgrid.settlement.chain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ConfirmedDomainTest {
  private final ConfirmedDomain domain = new ConfirmedDomain();

  @Test
  void everybodyWaitsUntilItIsConfirmedAndNobodyAfterwards() {
    CompletableFuture<Void> early = domain.await().subscribeAsCompletionStage();
    assertThat(early).isNotDone();
    domain.confirm();
    assertThat(early).isCompleted();
    assertThat(domain.await().subscribeAsCompletionStage()).isCompleted();
  }

  @Test
  void oneThatGivesUpWaitingTakesNothingFromTheOthers() {
    CompletableFuture<Void> patient = domain.await().subscribeAsCompletionStage();
    domain.await().subscribeAsCompletionStage().cancel(false);
    domain.confirm();
    assertThat(patient).isCompleted();
  }
}
