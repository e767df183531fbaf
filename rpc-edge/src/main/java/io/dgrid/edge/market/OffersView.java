package io.dgrid.edge.market;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.Pricing;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.proto.receipt.v1.Offer;
import io.dgrid.proto.worker.v1.ListOffersRequest;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Standing offers of all schedulers, at most about a second old. */
@ApplicationScoped
public class OffersView {
  private final Uni<List<StandingOffer>> offers;

  OffersView(SchedulersClient schedulers, EdgeConfig config) {
    Duration maxAge = config.admission().offersMaxAge();
    offers =
        schedulers
            .askAll(stub -> stub.listOffers(ListOffersRequest.getDefaultInstance()))
            .map(
                answers ->
                    answers.stream().flatMap(answer -> answer.getOffersList().stream()).toList())
            .memoize()
            .atLeast(maxAge);
  }

  /** Fails with UNAVAILABLE when no scheduler answers. */
  public Uni<List<StandingOffer>> all() {
    return offers;
  }

  /**
   * The lowest maximum price that an offer for the model accepts now; empty when there is no offer
   * or nobody to ask: then the scheduler decides after its bounded wait.
   */
  public Uni<Optional<Price>> cheapest(ModelId model) {
    return offers
        .map(
            all ->
                all.stream()
                    .map(standing -> standing.getOffer().getOffer())
                    .filter(offer -> offer.getModelId().equals(Wire.bytes(model)))
                    .flatMap(OffersView::needed)
                    .min(Comparator.naturalOrder()))
        .onFailure()
        .recoverWithItem(Optional.empty());
  }

  private static Stream<Price> needed(Offer offer) {
    try {
      return Stream.of(
          new Pricing(
                  Wire.price(offer.getInputPrice(), "input_price"),
                  Wire.price(offer.getOutputPrice(), "output_price"))
              .highest());
    } catch (DGridException malformed) {
      return Stream.empty();
    }
  }
}
