package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.Address;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.core.reputation.Reputation;
import io.dgrid.scheduler.SchedulerConfig;
import jakarta.inject.Singleton;
import java.math.BigInteger;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** What chain and oracle say about nodes. The owner's thread only. */
@Singleton
public class Nodes {
  private static final int REMEMBERED_VERDICTS = 200_000;

  /** A standing fades by half in seven days: a minute changes nothing that could be seen. */
  private static final long FRESH_MILLIS = 60_000;

  private final BigInteger minimumStake;
  private final InstantSource clock;
  private final Map<Address, Stake> stakes = new HashMap<>();
  private final Map<Address, Standing> standings = new HashMap<>();
  private final Map<Object, Boolean> counted =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Boolean> eldest) {
          return size() > REMEMBERED_VERDICTS;
        }
      };
  private final int unknownMicros;
  private Consumer<Address> changed = node -> {};

  private record Stake(TokenAmount amount, boolean jailed) {}

  /** The bound costs a root search, so it is kept for a while. */
  private record Standing(Reputation reputation, int micros, long computedAt) {}

  Nodes(SchedulerConfig config, InstantSource clock) {
    minimumStake = config.minimumStake();
    this.clock = clock;
    unknownMicros = Reputation.UNKNOWN.micros(clock.millis());
  }

  /** Who wants to know when a stake or a standing changed. */
  void onChange(Consumer<Address> listener) {
    changed = listener;
  }

  /** The node's stake as it is now. */
  public void stake(Address node, TokenAmount amount, boolean jailed) {
    stakes.put(node, new Stake(amount, jailed));
    changed.accept(node);
  }

  /** One verdict; a repeated one counts once. */
  public void judged(Verdict verdict) {
    if (counted.putIfAbsent(verdict.receiptHash(), true) == null) {
      Standing before = standings.get(verdict.node());
      Reputation folded = (before == null ? Reputation.UNKNOWN : before.reputation()).plus(verdict);
      standings.put(verdict.node(), standing(folded, clock.millis()));
      changed.accept(verdict.node());
    }
  }

  int reputationMicros(Address node) {
    Standing standing = standings.get(node);
    if (standing == null) {
      return unknownMicros;
    }
    long now = clock.millis();
    if (now - standing.computedAt() > FRESH_MILLIS) {
      standing = standing(standing.reputation(), now);
      standings.put(node, standing);
    }
    return standing.micros();
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

  private static Standing standing(Reputation reputation, long now) {
    return new Standing(reputation, reputation.micros(now), now);
  }
}
