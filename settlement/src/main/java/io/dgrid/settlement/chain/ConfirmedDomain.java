package io.dgrid.settlement.chain;

import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletableFuture;

/**
 * Whether the configured contract is the network's: the chain said so, or this database mirrors it
 * from an earlier time. Before that, signatures must not be judged: under a wrong contract address
 * every good one looks forged, and what is refused does not come again.
 */
@Singleton
public class ConfirmedDomain {
  private final CompletableFuture<Void> confirmed = new CompletableFuture<>();

  /** Completes when it is; never fails. */
  public Uni<Void> await() {
    return Uni.createFrom().completionStage(confirmed::copy);
  }

  void confirm() {
    confirmed.complete(null);
  }

  boolean isConfirmed() {
    return confirmed.isDone();
  }
}
