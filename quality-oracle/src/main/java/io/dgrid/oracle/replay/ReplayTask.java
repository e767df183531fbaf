package io.dgrid.oracle.replay;

import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;

/**
 * A sampled receipt without a verdict.
 *
 * @param tries runs before this one
 * @param giveUpAt Unix milliseconds
 * @param traceparent the trace its job is part of; may be empty
 */
record ReplayTask(
    ReceiptHash hash, IssuedReceipt issued, int tries, long giveUpAt, String traceparent) {
  Receipt receipt() {
    return issued.receipt().statement();
  }

  int tokens() {
    return receipt().outputTokens();
  }
}
