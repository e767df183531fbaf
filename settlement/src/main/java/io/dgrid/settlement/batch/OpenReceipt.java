package io.dgrid.settlement.batch;

import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;

/**
 * A checked receipt that is in no batch yet.
 *
 * @param sequence order of arrival, unique
 * @param dueSince Unix milliseconds from which it may go into a batch: when a voucher covered it,
 *     or when it had waited long enough for one
 */
public record OpenReceipt(
    long sequence, ReceiptHash hash, Signed<Receipt> receipt, long dueSince) {}
