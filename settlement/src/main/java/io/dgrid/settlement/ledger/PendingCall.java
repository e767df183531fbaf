package io.dgrid.settlement.ledger;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import java.util.List;
import java.util.Optional;

/**
 * A call that is in no block of the chain.
 *
 * @param id of the outbox row
 * @param batch what it commits; empty when it carries vouchers alone
 * @param broadcastAt when a node last took the signed transaction, Unix milliseconds
 */
public record PendingCall(
    long id,
    Optional<Header> batch,
    List<Signed<Voucher>> vouchers,
    Optional<SignedCall> signed,
    Optional<Long> broadcastAt) {

  /** What the contract keeps of a batch. */
  public record Header(long number, Hash receiptsRoot, Hash dataCommitment, int receiptCount) {}

  /** For people. */
  public String name() {
    return batch
        .map(header -> "batch " + header.number())
        .orElseGet(() -> "call %d (%d vouchers)".formatted(id, vouchers.size()));
  }
}
