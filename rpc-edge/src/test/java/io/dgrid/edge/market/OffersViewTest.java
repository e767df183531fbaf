package io.dgrid.edge.market;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.proto.receipt.v1.Offer;
import io.dgrid.proto.receipt.v1.SignedOffer;
import io.dgrid.proto.worker.v1.ListOffersResponse;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** What is known of offers while schedulers answer, are slow, or are gone. */
class OffersViewTest {
  private static final ModelId MODEL = new ModelId(new Hash(1, 2, 3, 4));
  private static final long MAX_AGE = 1_000;
  private static final long KEPT = 15_000;

  private final FakeScheduler first = new FakeScheduler();
  private final FakeScheduler second = new FakeScheduler();
  private long now = 100_000;
  private final OffersView view =
      new OffersView(
          List.of(first.ask(), second.ask()),
          Duration.ofMillis(MAX_AGE),
          Duration.ofMillis(KEPT),
          () -> Instant.ofEpochMilli(now));

  @Test
  void firstOneWaitsForEverySchedulerAndAllWaitTogether() {
    var one = cheapest(10);
    var other = cheapest(10);
    first.tells(offer("a", 7));
    assertThat(one.getItem()).isNull();
    second.tells(offer("b", 5));

    one.assertItem(Optional.of(Price.of(5)));
    other.assertItem(Optional.of(Price.of(5)));
    assertThat(first.asked).isOne();
  }

  @Test
  void whoIsLetInByAnOldViewDoesNotWaitAndHasItAskedAnewOnce() {
    bothTell();
    now += MAX_AGE;

    cheapest(10).assertItem(Optional.of(Price.of(5)));
    cheapest(10).assertItem(Optional.of(Price.of(5)));

    assertThat(first.asked).isEqualTo(2);
    first.tells(offer("a", 3));
    cheapest(10).assertItem(Optional.of(Price.of(3)));
  }

  @Test
  void nobodyIsAskedWhileTheViewIsYoung() {
    bothTell();
    now += MAX_AGE - 1;

    cheapest(10).assertItem(Optional.of(Price.of(5)));

    assertThat(first.asked).isOne();
  }

  @Test
  void nobodyIsRefusedByAnOldView() {
    bothTell();
    now += MAX_AGE;

    var poor = cheapest(4);
    assertThat(poor.getItem()).isNull();
    first.tells(offer("a", 4));
    second.tells(offer("b", 5));

    poor.assertItem(Optional.of(Price.of(4)));
  }

  @Test
  void refusalByAYoungViewNeedsNobody() {
    bothTell();

    cheapest(4).assertItem(Optional.of(Price.of(5)));
    assertThat(second.asked).isOne();
  }

  @Test
  void lastWordOfASchedulerThatIsGoneCountsForABoundedTime() {
    bothTell();
    now += MAX_AGE;
    cheapest(10);
    first.tells(offer("a", 7));
    second.fails();

    now = 100_000 + KEPT - 1;
    cheapest(10).assertItem(Optional.of(Price.of(5)));
    first.tells(offer("a", 7));
    second.fails();

    now += 1;
    cheapest(10).assertItem(Optional.of(Price.of(7)));
  }

  @Test
  void frozenSchedulerHoldsUpNobodyElsesView() {
    bothTell();
    for (int price = 20; price > 15; price--) {
      now += MAX_AGE;
      cheapest(30);
      first.tells(offer("a", price));
    }

    assertThat(first.asked).isEqualTo(6);
    assertThat(second.asked).as("its answer is awaited").isEqualTo(2);
    cheapest(30).assertItem(Optional.of(Price.of(5)));
  }

  @Test
  void schedulerThatDoesNotAnswerIsNotAskedByEverybody() {
    cheapest(10);
    first.fails();
    second.fails();

    cheapest(10).assertItem(Optional.empty());
    cheapest(10).assertItem(Optional.empty());
    assertThat(first.asked).isOne();

    now += MAX_AGE;
    cheapest(10);
    assertThat(first.asked).isEqualTo(2);
  }

  @Test
  void viewWithoutAnyAnswerIsUnavailable() {
    var all = view.all().subscribe().withSubscriber(UniAssertSubscriber.create());
    first.fails();
    second.fails();

    assertThat(((DGridException) all.getFailure()).code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void viewOfNoSchedulersIsUnavailable() {
    OffersView nobody =
        new OffersView(
            List.of(), Duration.ofMillis(MAX_AGE), Duration.ofMillis(KEPT), Instant::now);

    assertThat(nobody.outlook(MODEL, Price.of(1)).await().indefinitely())
        .isEqualTo(Outlook.UNKNOWN);
    assertThatThrownBy(() -> nobody.all().await().indefinitely())
        .isInstanceOf(DGridException.class);
  }

  @Test
  void offerThatTwoSchedulersKnowIsThereOnceAsItWasToldLast() {
    cheapest(10);
    first.tells(offer("a", 7));
    second.tells(offer("b", 5));
    now += MAX_AGE;
    var all = view.all().subscribe().withSubscriber(UniAssertSubscriber.create());
    first.fails();
    second.tells(offer("a", 8), offer("b", 5));

    assertThat(all.getItem()).containsExactly(offer("a", 8), offer("b", 5));
  }

  @Test
  void listWaitsForTheNewestWord() {
    bothTell();
    now += MAX_AGE;

    var all = view.all().subscribe().withSubscriber(UniAssertSubscriber.create());
    assertThat(all.getItem()).isNull();
    first.tells(offer("a", 6));
    second.fails();

    assertThat(all.getItem()).containsExactly(offer("a", 6), offer("b", 5));
  }

  private void bothTell() {
    cheapest(10);
    first.tells(offer("a", 7));
    second.tells(offer("b", 5));
  }

  private UniAssertSubscriber<Optional<Price>> cheapest(long most) {
    return view.outlook(MODEL, Price.of(most))
        .map(Outlook::cheapest)
        .subscribe()
        .withSubscriber(UniAssertSubscriber.create());
  }

  private static StandingOffer offer(String worker, long price) {
    return StandingOffer.newBuilder()
        .setWorker(worker)
        .setOffer(
            SignedOffer.newBuilder()
                .setOffer(
                    Offer.newBuilder()
                        .setNode(ByteString.copyFromUtf8("node"))
                        .setModelId(Wire.bytes(MODEL))
                        .setInputPrice(Long.toString(price))
                        .setOutputPrice("1")))
        .build();
  }

  /** Answers when the test says so. */
  private static final class FakeScheduler {
    private final Queue<UniEmitter<? super ListOffersResponse>> waiting = new ArrayDeque<>();
    private int asked;

    Uni<ListOffersResponse> ask() {
      return Uni.createFrom()
          .emitter(
              answer -> {
                asked++;
                waiting.add(answer);
              });
    }

    void tells(StandingOffer... offers) {
      waiting
          .remove()
          .complete(ListOffersResponse.newBuilder().addAllOffers(List.of(offers)).build());
    }

    void fails() {
      waiting.remove().fail(new DGridException(ErrorCode.UNAVAILABLE, "away"));
    }
  }
}
