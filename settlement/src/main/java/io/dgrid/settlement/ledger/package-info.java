/** Closed batches and the calls that must reach the chain, written in one transaction. */
@NullMarked
package io.dgrid.settlement.ledger;

import org.jspecify.annotations.NullMarked;
