package io.dgrid.settlement.ledger;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;

/** Where and how the chain took a batch. */
public record Inclusion(
    Hash transactionHash,
    long blockNumber,
    Hash blockHash,
    long gasUsed,
    TokenAmount paid,
    TokenAmount fee) {}
