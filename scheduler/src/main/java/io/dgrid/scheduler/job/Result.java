package io.dgrid.scheduler.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import java.util.Optional;

/** How a worker says its attempt ended. */
public sealed interface Result {

  /** Work was done; signature and objective rules of the receipt are already checked. */
  record Worked(IssuedReceipt issued, Optional<DGridException> interruption) implements Result {
    Receipt receipt() {
      return issued.receipt().statement();
    }

    int endPosition() {
      return receipt().firstPosition() + receipt().outputTokens();
    }
  }

  /** Nothing was delivered. */
  record Nothing(DGridException failure) implements Result {}

  /** The worker had no slot for it: two schedulers gave it away at the same time. */
  record Declined(DGridException failure) implements Result {}

  /** The receipt broke an objective rule or its signature; nothing of it counts. */
  record Forged(String violation) implements Result {}
}
