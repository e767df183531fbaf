package io.dgrid.settlement.ledger;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import java.util.List;
import java.util.Optional;

/**
 * A batch that is in no block of the chain.
 *
 * @param id of the outbox row
 * @param broadcastAt when a node last took the signed transaction, Unix milliseconds
 */
public record PendingCall(
    long id,
    long batchNumber,
    Hash receiptsRoot,
    Hash dataCommitment,
    int receiptCount,
    List<Signed<Voucher>> vouchers,
    Optional<SignedCall> signed,
    Optional<Long> broadcastAt) {}
