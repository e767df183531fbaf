package io.dgrid.settlement.chain;

import io.dgrid.contracts.generated.Escrow;
import io.dgrid.contracts.generated.NodeRegistry;
import io.dgrid.contracts.generated.Settlement;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;

/**
 * Logs → events. Signatures come from the generated wrappers, so a changed contract changes them
 * here, too; every member is one 32-byte word, so reading them needs no reflection.
 */
final class EventDecoder {
  private final Map<Source, Function<Words, ChainEvent>> readers = new HashMap<>();

  private record Source(Address contract, Hash signature) {}

  EventDecoder(Address escrow, Address settlement, Address registry) {
    on(escrow, Escrow.DEPOSITED_EVENT, w -> new ChainEvent.Deposited(w.party(1), w.amount(0)));
    on(
        escrow,
        Escrow.WITHDRAWALREQUESTED_EVENT,
        w -> new ChainEvent.WithdrawalRequested(w.party(1), w.amount(0), w.seconds(1)));
    on(
        escrow,
        Escrow.WITHDRAWALCANCELLED_EVENT,
        w -> new ChainEvent.WithdrawalRequested(w.party(1), TokenAmount.ZERO, 0));
    on(escrow, Escrow.WITHDRAWN_EVENT, w -> new ChainEvent.Withdrawn(w.party(1), w.amount(0)));
    on(
        escrow,
        Escrow.KEYGRANTED_EVENT,
        w -> new ChainEvent.KeyGranted(w.party(1), w.party(2), w.amount(0), w.time(1), w.word(2)));
    on(
        escrow,
        Escrow.KEYREVOKED_EVENT,
        w -> new ChainEvent.KeyRevoked(w.party(1), w.party(2), w.time(0)));
    on(
        settlement,
        Settlement.VOUCHERSETTLED_EVENT,
        w ->
            new ChainEvent.VoucherSettled(
                w.party(1), w.party(2), w.unsigned(0), w.amount(1), w.amount(2), w.amount(3)));
    on(
        settlement,
        Settlement.VOUCHERSKIPPED_EVENT,
        w ->
            new ChainEvent.VoucherSkipped(
                w.party(1), w.party(2), w.unsigned(0), w.amount(1), SkipReason.of(w.unsigned(2))));
    on(
        settlement,
        Settlement.BATCHSETTLED_EVENT,
        w -> new ChainEvent.BatchSettled(w.topic(1), w.word(0), (int) w.unsigned(1)));
    on(registry, NodeRegistry.STAKED_EVENT, w -> new ChainEvent.Staked(w.party(1), w.amount(1)));
    on(registry, NodeRegistry.SLASHED_EVENT, w -> new ChainEvent.Staked(w.party(1), w.amount(1)));
    on(
        registry,
        NodeRegistry.UNBONDINGSTARTED_EVENT,
        w -> new ChainEvent.Unbonding(w.party(1), w.amount(0)));
    on(registry, NodeRegistry.JAILED_EVENT, w -> new ChainEvent.Jailed(w.party(1), w.seconds(0)));
    on(registry, NodeRegistry.UNJAILED_EVENT, w -> new ChainEvent.Unjailed(w.party(1)));
  }

  /** Empty for events nobody acts on. */
  Optional<ChainEvent> decode(ChainLog log) {
    if (log.topics().isEmpty()) {
      return Optional.empty();
    }
    return Optional.ofNullable(readers.get(new Source(log.address(), log.topics().getFirst())))
        .map(reader -> reader.apply(new Words(log)));
  }

  private void on(Address contract, Event event, Function<Words, ChainEvent> reader) {
    readers.put(new Source(contract, Hash.fromHex(EventEncoder.encode(event))), reader);
  }

  private record Words(ChainLog log) {
    Hash topic(int index) {
      return log.topics().get(index);
    }

    Address party(int topic) {
      return Address.of(Arrays.copyOfRange(topic(topic).toBytes(), 12, Hash.BYTES));
    }

    Hash word(int index) {
      int from = index * Hash.BYTES;
      return Hash.of(Arrays.copyOfRange(log.data(), from, from + Hash.BYTES));
    }

    TokenAmount amount(int index) {
      return new TokenAmount(new BigInteger(1, word(index).toBytes()));
    }

    /** An unsigned integer up to 64 bits, in a long's bits. */
    long unsigned(int index) {
      return word(index).d();
    }

    /** Milliseconds on the chain; beyond a long's range means for ever. */
    long time(int index) {
      long value = unsigned(index);
      return value < 0 ? Long.MAX_VALUE : value;
    }

    /** Seconds on the chain, milliseconds here. */
    long seconds(int index) {
      return time(index) > Long.MAX_VALUE / 1000 ? Long.MAX_VALUE : time(index) * 1000;
    }
  }
}
