package io.dgrid.settlement.chain;

import io.dgrid.core.identity.Address;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** Who may sign verdicts, as the chain says it; an answer holds for a minute. */
@ApplicationScoped
public class Oracles {
  private static final Logger LOG = Logger.getLogger(Oracles.class);
  private static final Duration FRESH = Duration.ofMinutes(1);
  private static final int MOST_REMEMBERED = 1_000;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final Chain chain;
  private final InstantSource time;
  private final Map<Address, Answer> answers = new ConcurrentHashMap<>();

  private record Answer(boolean oracle, long until) {}

  Oracles(Chain chain, InstantSource time) {
    this.chain = chain;
    this.time = time;
  }

  /** Those of the accounts that are oracles. While the chain is away it waits, never guesses. */
  public Uni<Set<Address>> among(Collection<Address> accounts) {
    Set<Address> asked = Set.copyOf(accounts);
    return chain
        .ask(
            rpc ->
                asked.stream()
                    .filter(account -> isOracle(rpc, account))
                    .collect(Collectors.toUnmodifiableSet()))
        .onFailure()
        .invoke(e -> LOG.warnf("verdicts wait for the chain: %s", e))
        .onFailure()
        .retry()
        .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
        .indefinitely();
  }

  private boolean isOracle(ChainRpc rpc, Address account) {
    long now = time.millis();
    Answer known = answers.get(account);
    if (known != null && now < known.until()) {
      return known.oracle();
    }
    boolean oracle = rpc.isOracle(account);
    if (answers.size() >= MOST_REMEMBERED) {
      answers.clear();
    }
    answers.put(account, new Answer(oracle, now + FRESH.toMillis()));
    return oracle;
  }
}
