package io.dgrid.settlement.chain;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;

/**
 * A contract event that somebody acts on. Times are Unix milliseconds, whatever the contract counts
 * in.
 */
sealed interface ChainEvent {
  record Deposited(Address client, TokenAmount amount) implements ChainEvent {}

  /** An amount of zero takes an earlier request back. */
  record WithdrawalRequested(Address client, TokenAmount amount, long availableAt)
      implements ChainEvent {}

  record Withdrawn(Address client, TokenAmount amount) implements ChainEvent {}

  record KeyGranted(Address client, Address key, TokenAmount spendCap, long expiry, Hash scope)
      implements ChainEvent {}

  record KeyRevoked(Address client, Address key, long settlesUntil) implements ChainEvent {}

  record VoucherSettled(
      Address client,
      Address node,
      long channelEpoch,
      TokenAmount paid,
      TokenAmount fee,
      TokenAmount cumulative)
      implements ChainEvent {}

  record VoucherSkipped(
      Address client, Address node, long channelEpoch, TokenAmount cumulative, SkipReason reason)
      implements ChainEvent {}

  record BatchSettled(Hash receiptsRoot, Hash dataCommitment, int receiptCount)
      implements ChainEvent {}

  /** {@code stake} is the active stake afterwards; slashing says it, too. */
  record Staked(Address node, TokenAmount stake) implements ChainEvent {}

  /** {@code amount} left the active stake. */
  record Unbonding(Address node, TokenAmount amount) implements ChainEvent {}

  record Jailed(Address node, long until) implements ChainEvent {}

  record Unjailed(Address node) implements ChainEvent {}
}
