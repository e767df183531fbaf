/** What is signed: requests, offers, receipts, vouchers, verdicts and their hashes. */
@NullMarked
package io.dgrid.core.receipt;

import org.jspecify.annotations.NullMarked;
