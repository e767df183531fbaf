/** Evidence for whoever asks: receipts, vouchers, verdicts, inclusion proofs, segments. */
@NullMarked
package io.dgrid.settlement.proof;

import org.jspecify.annotations.NullMarked;
