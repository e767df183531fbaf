package io.dgrid.scheduler.market;

import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.scheduler.job.WorkerId;

/** One offer in a book with all that its score depends on. */
public record Standing(
    WorkerId worker,
    Signed<Offer> signed,
    int freeSlots,
    int reputationMicros,
    double firstTokenMillis) {
  public Offer offer() {
    return signed.statement();
  }
}
