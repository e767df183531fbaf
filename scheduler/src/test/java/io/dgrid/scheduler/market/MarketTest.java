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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MarketTest {
  private static final SigningKey KEY = SigningKey.random();

  private final Map<Address, Integer> reputation = new HashMap<>();
  private final Map<Address, String> bars = new HashMap<>();
  private final Market market =
      new Market(
          node -> reputation.getOrDefault(node, 500_000),
          node -> Optional.ofNullable(bars.get(node)));

  @Test
  void cheapestFreeOfferWinsAndLosersSayWhy() {
    offer(1, 100, 0);
    offer(2, 150, 1);
    offer(3, 200, 1);
    offer(4, 5_000, 1);
    bars.put(worker(5).node(), "jailed");
    offer(5, 10, 1);

    Match won = market.best(ask(1_000), 0).orElseThrow();

    assertThat(won.winner().worker()).isEqualTo(worker(2));
    assertThat(won.losers())
        .extracting(Match.Loser::reason)
        .containsExactly("jailed", "no free slot", "price", "over max price");
  }

  @Test
  void pricesAreThoseThatAFreeSlotOfTheWorkerWouldCost() {
    offer(1, 100, 0);
    bars.put(worker(2).node(), "jailed");
    offer(2, 50, 1);

    assertThat(market.prices(worker(1), 0)).containsExactly(Map.entry(Jobs.MODEL, Price.of(100)));
    assertThat(market.prices(worker(2), 0)).isEmpty();
    assertThat(market.prices(worker(3), 0)).isEmpty();
  }

  @Test
  void priceTooLowNamesTheCheapestEvenWhenItIsBusy() {
    offer(1, 500, 0);
    offer(2, 700, 1);

    assertThat(market.best(ask(499), 0)).isEmpty();
    Levels levels = market.levels(Jobs.MODEL, 0);
    assertThat(levels.isAbove(Price.of(499))).isTrue();
    assertThat(levels.any()).contains(Price.of(500));
  }

  @Test
  void busyIsNotTheSameAsAbsent() {
    assertThat(market.levels(Jobs.MODEL, 0)).isEqualTo(Levels.NONE);
    offer(1, 100, 0);
    assertThat(market.best(ask(1_000), 0)).isEmpty();
    assertThat(market.levels(Jobs.MODEL, 0).isBusyAt(Price.of(100))).isTrue();
    assertThat(market.levels(Jobs.MODEL, 0).isBusyAt(Price.of(99))).isFalse();
  }

  @Test
  void failuresKeepAWorkerOutForLongerEachTimeAndSuccessForgives() {
    offer(1, 100, 1);
    market.failed(worker(1), false, 0);
    assertThat(market.best(ask(1_000), 499)).isEmpty();
    assertThat(market.best(ask(1_000), 500)).isPresent();
    market.failed(worker(1), false, 500);
    assertThat(market.best(ask(1_000), 1_499)).isEmpty();
    market.served(worker(1));
    market.failed(worker(1), false, 1_500);
    assertThat(market.best(ask(1_000), 2_000)).isPresent();
  }

  @Test
  void expiredOfferLeavesTheBook() {
    offer(1, 100, 1);

    assertThat(market.best(ask(1_000), 1_000_000)).isEmpty();
  }

  @Test
  void workerThatFailedTheJobWinsOnlyWhenNobodyElseCan() {
    offer(1, 100, 1);
    Ask avoiding = new Ask(Jobs.MODEL, 10, 10, Price.of(1_000), Set.of(worker(1)));
    assertThat(market.best(avoiding, 0).orElseThrow().winner().worker()).isEqualTo(worker(1));
    offer(2, 300, 1);

    assertThat(market.best(avoiding, 0).orElseThrow().winner().worker()).isEqualTo(worker(2));
  }

  @Test
  void shownOrderIsTheRoutedOrder() {
    long seed = Long.getLong("dgrid.test.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      int workers = 1 + random.nextInt(12);
      for (int i = 0; i < workers; i++) {
        offer(i, random.nextInt(1_000), 1 + random.nextInt(3));
        reputation.put(worker(i).node(), random.nextInt(1_000_001));
        market.changed(worker(i).node());
        market.firstToken(worker(i), random.nextInt(5_000));
      }
      Ask reference = Ask.reference(Jobs.MODEL);
      List<WorkerId> shown = new ArrayList<>();
      market.ranked(Jobs.MODEL, 0).forEach(standing -> shown.add(standing.worker()));
      Match won = market.best(reference, 0).orElseThrow();

      assertThat(won.winner().worker()).as("seed %d", seed).isEqualTo(shown.getFirst());
      for (int i = 0; i < workers; i++) {
        market.withdraw(worker(i));
      }
    }
  }

  private void offer(int worker, long price, int free) {
    Offer offer =
        new Offer(
            worker(worker).node(), Jobs.MODEL, Price.of(price), Price.of(price), 4, 1_000_000);
    market.offer(worker(worker), List.of(Signed.by(KEY, Jobs.DOMAIN, offer)), free);
  }

  private static Ask ask(long maxPrice) {
    return new Ask(Jobs.MODEL, 1_000_000, 1_000_000, Price.of(maxPrice), Set.of());
  }

  private static WorkerId worker(int index) {
    return new WorkerId(new Address(0, 0, index + 1), "w");
  }
}
