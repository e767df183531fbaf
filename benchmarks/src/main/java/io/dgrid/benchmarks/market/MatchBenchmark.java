package io.dgrid.benchmarks.market;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.scheduler.market.Ask;
import io.dgrid.scheduler.market.Market;
import io.dgrid.scheduler.market.Match;
import io.dgrid.scheduler.market.Standing;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One job finds its best offer and sixteen losers, and takes and gives back the winner's slot.
 * Goal: at most 50 µs with 100 000 offers of one model.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class MatchBenchmark {
  private static final long NOW = 1_000;
  private static final long FAR = 1_000_000_000_000L;
  private static final ModelId MODEL = new ModelId(new Hash(0, 0, 0, 1));
  private static final Price ANY = Price.of(Long.MAX_VALUE);

  /** How offers differ from each other. */
  public enum Book {
    /** Prices and reputations spread over a decade. */
    SPREAD,
    /** Everybody copies the cheapest: only free slots and addresses decide. */
    EQUAL,
    /** Spread, and nine of ten are busy. */
    MOSTLY_BUSY
  }

  /** Standing offers of the model. */
  @Param({"10", "1000", "100000"})
  int offers;

  /** Their kind. */
  @Param Book book;

  private final Random random = new Random(42);
  private Market market = new Market(node -> 0, node -> Optional.empty());

  /** Fills the book. */
  @Setup(Level.Trial)
  public void fill() {
    market = new Market(this::reputation, node -> Optional.empty());
    SigningKey key = SigningKey.random();
    Domain domain = new Domain(31337, new Address(0, 0, 1));
    var signature = Signed.by(key, domain, offer(new Address(0, 0, 1), 1, 1)).signature();
    for (int i = 0; i < offers; i++) {
      Address node = new Address(0, 0, i + 1);
      Offer offer = offer(node, price(), price());
      int free = book == Book.MOSTLY_BUSY && random.nextInt(10) > 0 ? 0 : 1 + random.nextInt(4);
      market.offer(new WorkerId(node, "w"), List.of(new Signed<>(offer, signature)), free);
    }
  }

  /** One job. */
  @Benchmark
  public Optional<Match> match() {
    Ask ask = new Ask(MODEL, random.nextInt(4_000), 1 + random.nextInt(1_000), ANY, Set.of());
    Optional<Match> match = market.best(ask, NOW);
    if (match.isPresent()) {
      Standing winner = match.get().winner();
      market.free(winner.worker(), winner.freeSlots() - 1);
      market.free(winner.worker(), winner.freeSlots());
    }
    return match;
  }

  private int reputation(Address node) {
    return book == Book.EQUAL ? 500_000 : Math.floorMod(node.hashCode() * 31, 1_000_000);
  }

  private long price() {
    return book == Book.EQUAL ? 1_000_000 : 100_000 + random.nextInt(900_000);
  }

  private static Offer offer(Address node, long input, long output) {
    return new Offer(
        node,
        MODEL,
        new Price(BigInteger.valueOf(input)),
        new Price(BigInteger.valueOf(output)),
        4,
        FAR);
  }
}
