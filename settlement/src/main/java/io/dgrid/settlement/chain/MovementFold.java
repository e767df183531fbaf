package io.dgrid.settlement.chain;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.proto.settlement.v1.BatchSettled;
import io.dgrid.proto.settlement.v1.Deposited;
import io.dgrid.proto.settlement.v1.KeyGranted;
import io.dgrid.proto.settlement.v1.KeyRevoked;
import io.dgrid.proto.settlement.v1.Movement;
import io.dgrid.proto.settlement.v1.StakeChanged;
import io.dgrid.proto.settlement.v1.VoucherSettled;
import io.dgrid.proto.settlement.v1.WithdrawalRequested;
import io.dgrid.proto.settlement.v1.Withdrawn;
import io.dgrid.transport.codec.Wire;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Events in chain order → movements. Only stakes need memory: the contract tells what left a stake,
 * movements tell what is left. Pure.
 */
final class MovementFold {
  private final Map<Address, Standing> standings;
  private final long now;

  /**
   * @param standings of the nodes as published so far; changed by {@link #apply}
   * @param now Unix milliseconds, decides whether a node's jail time is over
   */
  MovementFold(Map<Address, Standing> standings, long now) {
    this.standings = standings;
    this.now = now;
  }

  /** Empty for events that no other service mirrors. */
  Optional<Movement> apply(ChainLog log, ChainEvent event) {
    Movement.Builder out =
        Movement.newBuilder()
            .setBlockNumber(log.blockNumber())
            .setBlockHash(Wire.bytes(log.blockHash()))
            .setLogIndex(log.logIndex());
    switch (event) {
      case ChainEvent.Deposited(var client, var amount) ->
          out.setDeposited(
              Deposited.newBuilder().setClient(Wire.bytes(client)).setAmount(amount.toString()));
      case ChainEvent.WithdrawalRequested(var client, var amount, var availableAt) ->
          out.setWithdrawalRequested(
              WithdrawalRequested.newBuilder()
                  .setClient(Wire.bytes(client))
                  .setAmount(amount.toString())
                  .setAvailableAt(availableAt));
      case ChainEvent.Withdrawn(var client, var amount) ->
          out.setWithdrawn(
              Withdrawn.newBuilder().setClient(Wire.bytes(client)).setAmount(amount.toString()));
      case ChainEvent.KeyGranted grant -> out.setKeyGranted(granted(grant));
      case ChainEvent.KeyRevoked(var client, var key, var ignored) ->
          out.setKeyRevoked(
              KeyRevoked.newBuilder().setClient(Wire.bytes(client)).setKey(Wire.bytes(key)));
      case ChainEvent.VoucherSettled voucher -> out.setVoucherSettled(settled(voucher));
      case ChainEvent.BatchSettled batch ->
          out.setBatchSettled(settled(batch, log.transactionHash()));
      case ChainEvent.VoucherSkipped ignored -> {
        return Optional.empty();
      }
      case ChainEvent.Staked(var node, var stake) ->
          out.setStakeChanged(change(node, s -> s.withStake(stake)));
      case ChainEvent.Unbonding(var node, var amount) ->
          out.setStakeChanged(change(node, s -> s.withStake(s.stake().minus(amount))));
      case ChainEvent.Jailed(var node, var until) ->
          out.setStakeChanged(change(node, s -> s.jailed(until)));
      case ChainEvent.Unjailed(var node) -> out.setStakeChanged(change(node, s -> s.jailed(0)));
    }
    return Optional.of(out.build());
  }

  /** A node's jail time is over: the contract says nothing then, but who assigns jobs must know. */
  StakeChanged released(Address node) {
    return change(node, s -> s.jailed(0)).build();
  }

  private StakeChanged.Builder change(Address node, UnaryOperator<Standing> change) {
    Standing next = change.apply(standings.getOrDefault(node, Standing.NONE));
    standings.put(node, next);
    return StakeChanged.newBuilder()
        .setNode(Wire.bytes(node))
        .setStake(next.stake().toString())
        .setJailed(next.jailedUntil() > now);
  }

  private static KeyGranted granted(ChainEvent.KeyGranted grant) {
    return KeyGranted.newBuilder()
        .setClient(Wire.bytes(grant.client()))
        .setKey(Wire.bytes(grant.key()))
        .setSpendCap(grant.spendCap().toString())
        .setExpiry(grant.expiry())
        .setScope(Wire.bytes(grant.scope()))
        .build();
  }

  private static VoucherSettled settled(ChainEvent.VoucherSettled voucher) {
    return VoucherSettled.newBuilder()
        .setClient(Wire.bytes(voucher.client()))
        .setNode(Wire.bytes(voucher.node()))
        .setChannelEpoch(voucher.channelEpoch())
        .setPaid(voucher.paid().toString())
        .setFee(voucher.fee().toString())
        .setCumulative(voucher.cumulative().toString())
        .build();
  }

  private static BatchSettled settled(ChainEvent.BatchSettled batch, Hash transaction) {
    return BatchSettled.newBuilder()
        .setReceiptsRoot(Wire.bytes(batch.receiptsRoot()))
        .setDataCommitment(Wire.bytes(batch.dataCommitment()))
        .setReceiptCount(batch.receiptCount())
        .setTransactionHash(Wire.bytes(transaction))
        .build();
  }
}
