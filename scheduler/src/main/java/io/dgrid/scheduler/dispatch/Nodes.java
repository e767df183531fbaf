package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.Address;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.scheduler.SchedulerConfig;
import jakarta.inject.Singleton;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What chain and oracle say about nodes. The owner's thread only. */
@Singleton
public class Nodes {
  /** Standing of a node without verdicts: neither trusted nor punished. */
  static final int NEUTRAL_MICROS = 500_000;

  private final BigInteger minimumStake;
  private final Map<Address, Stake> stakes = new HashMap<>();
  private final Map<Address, Integer> reputations = new HashMap<>();

  private record Stake(TokenAmount amount, boolean jailed) {}

  Nodes(SchedulerConfig config) {
    minimumStake = config.minimumStake();
  }

  public void stake(Address node, TokenAmount amount, boolean jailed) {
    stakes.put(node, new Stake(amount, jailed));
  }

  public void reputation(Address node, int micros) {
    reputations.put(node, micros);
  }

  int reputationMicros(Address node) {
    return reputations.getOrDefault(node, NEUTRAL_MICROS);
  }

  TokenAmount stakeOf(Address node) {
    Stake stake = stakes.get(node);
    return stake == null ? TokenAmount.ZERO : stake.amount();
  }

  /** Why the node may not serve; empty when it may. */
  Optional<String> bar(Address node) {
    Stake stake = stakes.get(node);
    if (stake != null && stake.jailed()) {
      return Optional.of("jailed");
    }
    return stakeOf(node).units().compareTo(minimumStake) < 0
        ? Optional.of("stake too low")
        : Optional.empty();
  }
}
