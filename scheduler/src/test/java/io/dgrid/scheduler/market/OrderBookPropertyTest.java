package io.dgrid.scheduler.market;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.job.WorkerId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** The indexed book gives what looking at every offer gives, whatever happened to it before. */
class OrderBookPropertyTest {
  private static final Signed<Offer> SIGNED =
      Signed.by(
          SigningKey.random(),
          Jobs.DOMAIN,
          new Offer(new Address(0, 0, 1), Jobs.MODEL, Price.of(1), Price.of(1), 4, 1_000_000));

  private final long seed = Long.getLong("dgrid.test.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @Test
  void sameOrderAsALinearScan() {
    for (int round = 0; round < 40; round++) {
      OrderBook book = new OrderBook();
      Map<WorkerId, Listing> all = new TreeMap<>();
      int few = 1 + random.nextInt(6);
      for (int step = 0; step < 300; step++) {
        WorkerId worker = new WorkerId(new Address(0, 0, 1 + random.nextInt(60)), "w");
        if (random.nextInt(4) == 0) {
          book.remove(worker);
          all.remove(worker);
        } else {
          Listing listing = listing(worker, few);
          book.put(listing);
          all.put(worker, listing);
        }
        if (step % 10 == 0) {
          compare(book, all, ask(few));
        }
      }
    }
  }

  private void compare(OrderBook book, Map<WorkerId, Listing> all, Ask ask) {
    Comparator<Listing> order =
        Comparator.<Listing>comparingDouble(each -> each.score().at(ask))
            .thenComparing(Listing.TIE);
    List<Listing> sorted = all.values().stream().sorted(order).toList();
    assertThat(drained(book.all(ask))).as("seed %d", seed).isEqualTo(sorted);
    assertThat(drained(book.open(ask)))
        .as("seed %d", seed)
        .isEqualTo(sorted.stream().filter(each -> each.isOpen() && affordable(each, ask)).toList());
    assertThat(book.levels())
        .as("seed %d", seed)
        .isEqualTo(
            new Levels(
                cheapest(all.values(), each -> true),
                cheapest(all.values(), Listing::isOpen),
                cheapest(all.values(), Listing::isBusy)));
    assertThat(book.isEmpty()).isEqualTo(all.isEmpty());
  }

  private static Optional<Price> cheapest(Collection<Listing> all, Predicate<Listing> counted) {
    return all.stream().filter(counted).map(Listing::highestPrice).min(Price::compareTo);
  }

  private static boolean affordable(Listing listing, Ask ask) {
    return listing.standing().offer().pricing().within(ask.maxPrice());
  }

  private static List<Listing> drained(Iterator<Listing> listings) {
    List<Listing> list = new ArrayList<>();
    listings.forEachRemaining(list::add);
    return list;
  }

  /** Few different prices make many ties. */
  private Listing listing(WorkerId worker, int few) {
    Offer offer =
        new Offer(
            worker.node(),
            Jobs.MODEL,
            Price.of(random.nextInt(few) * 100L),
            Price.of(random.nextInt(few) * 100L),
            4,
            1_000_000);
    Standing standing =
        new Standing(
            worker,
            new Signed<>(offer, SIGNED.signature()),
            random.nextInt(3),
            random.nextInt(few) * 100_000,
            random.nextInt(few) * 1_000);
    return Listing.of(standing, random.nextInt(5) == 0 ? Optional.of("jailed") : Optional.empty());
  }

  private Ask ask(int few) {
    return new Ask(
        Jobs.MODEL,
        random.nextInt(3) * 50,
        1 + random.nextInt(500),
        Price.of(random.nextInt(few) * 100L),
        Set.of());
  }
}
