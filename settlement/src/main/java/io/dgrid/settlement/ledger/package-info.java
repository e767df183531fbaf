/**
 * Closed batches and the calls that must reach the chain, written in one transaction.
 *
 * <p>Every transaction of this service takes its rows in one order, so that no two of them wait for
 * each other: vouchers, channels by key, receipts by hash, batches by number, calls.
 */
@NullMarked
package io.dgrid.settlement.ledger;

import org.jspecify.annotations.NullMarked;
