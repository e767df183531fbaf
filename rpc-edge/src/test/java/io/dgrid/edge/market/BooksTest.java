package io.dgrid.edge.market;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.edge.market.LastView.Told;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.proto.receipt.v1.Offer;
import io.dgrid.proto.receipt.v1.SignedOffer;
import io.dgrid.proto.worker.v1.ListOffersResponse;
import io.dgrid.proto.worker.v1.ModelSpread;
import io.dgrid.transport.codec.Wire;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BooksTest {
  private static final ModelId MODEL = ModelId.of(new byte[Hash.BYTES]);

  @Test
  void offerThatStandsAtSeveralSchedulersIsListedOnce() {
    Books books =
        books(
            book(standing("a", 10, 3, 100), standing("b", 20, 1, 100)),
            book(standing("a", 10, 2, 100), standing("b", 20, 4, 100)));

    assertThat(books.offers())
        .containsExactly(standing("a", 10, 3, 100), standing("b", 20, 4, 100));
  }

  @Test
  void twoWorkersOfOneNodeAreTwo() {
    Books books = books(book(standing("a", 10, 3, 100), standing("b", 10, 3, 100)));

    assertThat(books.offers()).hasSize(2);
  }

  @Test
  void offerThatOneSchedulerHasNotHeardOfYetWins() {
    Books books = books(book(standing("a", 10, 9, 100)), book(standing("a", 30, 1, 200)));

    assertThat(books.offers()).containsExactly(standing("a", 30, 1, 200));
    assertThat(books.outlook(MODEL).cheapest()).contains(Price.of(30));
  }

  @Test
  void spreadIsTheLowestThatAnyoneTells() {
    assertThat(spread(spread(4), spread(2), spread(8))).isEqualTo(2);
  }

  @Test
  void schedulerThatNamesNoSpreadKeepsTheModelOnOnePartition() {
    assertThat(spread(spread(4), book(standing("a", 10, 1, 100)))).isOne();
  }

  @Test
  void modelWithoutOffersHasItsSpreadAllTheSame() {
    Books books = books(spread(4));

    assertThat(books.outlook(MODEL)).isEqualTo(new Outlook(Optional.empty(), 4));
  }

  @Test
  void unknownModelIsOnOnePartition() {
    assertThat(books(book()).outlook(MODEL)).isEqualTo(Outlook.UNKNOWN);
  }

  @Test
  void ofTwoWordsOnAnOfferTheLaterCounts() {
    Books books =
        new Books(
            List.of(
                new Told<>(book(standing("a", 10, 3, 100)), 2),
                new Told<>(book(standing("a", 10, 4, 100)), 1)));

    assertThat(books.offers()).containsExactly(standing("a", 10, 3, 100));
  }

  private static Books books(ListOffersResponse... told) {
    return new Books(Stream.of(told).map(book -> new Told<>(book, 1)).toList());
  }

  private static int spread(ListOffersResponse... answers) {
    return books(answers).outlook(MODEL).spread();
  }

  private static ListOffersResponse spread(int spread) {
    return ListOffersResponse.newBuilder()
        .addSpreads(ModelSpread.newBuilder().setModelId(Wire.bytes(MODEL)).setSpread(spread))
        .build();
  }

  private static ListOffersResponse book(StandingOffer... offers) {
    return ListOffersResponse.newBuilder().addAllOffers(List.of(offers)).build();
  }

  private static StandingOffer standing(String worker, long price, int free, long validUntil) {
    Offer offer =
        Offer.newBuilder()
            .setNode(ByteString.copyFrom(new byte[20]))
            .setModelId(Wire.bytes(MODEL))
            .setInputPrice(Long.toString(price))
            .setOutputPrice(Long.toString(price))
            .setValidUntil(validUntil)
            .build();
    return StandingOffer.newBuilder()
        .setOffer(SignedOffer.newBuilder().setOffer(offer))
        .setWorker(worker)
        .setFreeSlots(free)
        .build();
  }
}
