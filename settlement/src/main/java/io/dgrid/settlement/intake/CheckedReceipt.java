package io.dgrid.settlement.intake;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.receipt.Receipt;

/**
 * A receipt that breaks no rule.
 *
 * @param requestSigner who signed the request: the client, or a key whose grant is checked when it
 *     matters
 * @param payload canonical bytes of the issued receipt
 */
record CheckedReceipt(ReceiptHash hash, Receipt receipt, Address requestSigner, byte[] payload) {}
