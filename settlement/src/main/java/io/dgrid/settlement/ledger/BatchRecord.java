package io.dgrid.settlement.ledger;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;
import java.util.Optional;

/** A batch as it stands. Times are Unix milliseconds. */
public record BatchRecord(
    long number,
    Hash receiptsRoot,
    Hash dataCommitment,
    int receiptCount,
    int voucherCount,
    TokenAmount amount,
    BatchState state,
    long closedAt,
    Optional<Hash> transactionHash,
    Optional<Inclusion> inclusion) {

  static BatchRecord of(BatchEntity entity) {
    Optional<Hash> transaction = Optional.ofNullable(entity.transactionHash).map(Hash::of);
    Optional<Inclusion> inclusion =
        Optional.ofNullable(entity.blockHash)
            .map(
                block ->
                    new Inclusion(
                        transaction.orElseThrow(),
                        entity.blockNumber,
                        Hash.of(block),
                        entity.gasUsed,
                        new TokenAmount(entity.paid.toBigIntegerExact()),
                        new TokenAmount(entity.fee.toBigIntegerExact())));
    return new BatchRecord(
        entity.number,
        Hash.of(entity.receiptsRoot),
        Hash.of(entity.dataCommitment),
        entity.receiptCount,
        entity.voucherCount,
        new TokenAmount(entity.amount.toBigIntegerExact()),
        entity.state,
        entity.closedAt,
        transaction,
        inclusion);
  }
}
