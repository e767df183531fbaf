/**
 * Takes receipts, vouchers and verdicts from Kafka, checks them and keeps the good ones exactly
 * once. Knows nothing of batches or the chain.
 */
@NullMarked
package io.dgrid.settlement.intake;

import org.jspecify.annotations.NullMarked;
