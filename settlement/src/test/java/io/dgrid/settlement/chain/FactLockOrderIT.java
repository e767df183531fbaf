package io.dgrid.settlement.chain;

import io.dgrid.core.money.TokenAmount;
import io.dgrid.settlement.LockRace;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The follower's facts come in the chain's order and meet writers who go by the rows' order. */
class FactLockOrderIT {
  private static LockRace race;

  @BeforeAll
  static void start() throws Exception {
    race = new LockRace();
  }

  @AfterAll
  static void stop() {
    if (race != null) {
      race.close();
    }
  }

  @Test
  void paymentsInAnyOrderWaitForTheirChannelsInOne() throws Exception {
    race.run(() -> advance(payments().toList()));
  }

  @Test
  void depositBetweenPaymentsWaitsWithThem() throws Exception {
    ChainEvent deposit =
        new ChainEvent.Deposited(
            race.backwards().getFirst().channel().client(), TokenAmount.tokens(1));
    race.run(() -> advance(Stream.concat(payments().limit(1), Stream.of(deposit)).toList()));
  }

  private static Stream<ChainEvent> payments() {
    return race.backwards().stream()
        .map(
            due ->
                new ChainEvent.VoucherSettled(
                    due.channel().client(),
                    due.channel().node(),
                    due.channel().epoch(),
                    TokenAmount.ZERO,
                    TokenAmount.ZERO,
                    TokenAmount.ZERO));
  }

  private static CompletableFuture<Void> advance(List<ChainEvent> events) {
    return new FactRepository(race.pool())
        .advance(1, events, Map.of(), 1, 1)
        .subscribeAsCompletionStage();
  }
}
