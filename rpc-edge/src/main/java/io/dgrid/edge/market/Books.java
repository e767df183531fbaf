package io.dgrid.edge.market;

import com.google.protobuf.ByteString;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.Pricing;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.proto.receipt.v1.Offer;
import io.dgrid.proto.worker.v1.ListOffersResponse;
import io.dgrid.proto.worker.v1.ModelSpread;
import io.dgrid.transport.codec.Wire;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the schedulers' books say when they are laid side by side: an offer for a model that is
 * spread stands in several of them and counts once.
 */
final class Books {
  private final List<StandingOffer> offers;
  private final Map<ByteString, Outlook> outlooks;

  /** One worker's offer for one model; it has but one of each. */
  private record Seller(ByteString node, String worker, ByteString model) {
    private static Seller of(StandingOffer standing) {
      Offer offer = standing.getOffer().getOffer();
      return new Seller(offer.getNode(), standing.getWorker(), offer.getModelId());
    }
  }

  private Books(List<StandingOffer> offers, Map<ByteString, Outlook> outlooks) {
    this.offers = offers;
    this.outlooks = outlooks;
  }

  static Books of(List<ListOffersResponse> answers) {
    Map<Seller, StandingOffer> bySeller = new LinkedHashMap<>();
    answers.stream()
        .flatMap(answer -> answer.getOffersList().stream())
        .forEach(offer -> bySeller.merge(Seller.of(offer), offer, Books::newer));
    List<StandingOffer> offers = List.copyOf(bySeller.values());
    Map<ByteString, Integer> spreads = spreads(answers);
    Map<ByteString, List<StandingOffer>> byModel =
        offers.stream().collect(Collectors.groupingBy(o -> o.getOffer().getOffer().getModelId()));
    Map<ByteString, Outlook> outlooks = new HashMap<>();
    spreads.forEach((model, spread) -> outlooks.put(model, new Outlook(Optional.empty(), spread)));
    byModel.forEach(
        (model, standing) ->
            outlooks.put(
                model,
                new Outlook(
                    standing.stream().flatMap(Books::needed).min(Comparator.naturalOrder()),
                    spreads.getOrDefault(model, 1))));
    return new Books(offers, outlooks);
  }

  /** Each once; best first per model, as far as one scheduler knows them all. */
  List<StandingOffer> offers() {
    return offers;
  }

  Outlook outlook(ModelId model) {
    return outlooks.getOrDefault(Wire.bytes(model), Outlook.UNKNOWN);
  }

  /** The lowest that anyone tells: all of them bring their workers that far. */
  private static Map<ByteString, Integer> spreads(List<ListOffersResponse> answers) {
    Map<ByteString, Integer> spreads = new HashMap<>();
    Map<ByteString, Integer> told = new HashMap<>();
    for (ListOffersResponse answer : answers) {
      for (ModelSpread each : answer.getSpreadsList()) {
        spreads.merge(each.getModelId(), each.getSpread(), Math::min);
        told.merge(each.getModelId(), 1, Integer::sum);
      }
    }
    spreads.replaceAll((model, spread) -> told.get(model) < answers.size() ? 1 : spread);
    return spreads;
  }

  /** Schedulers see the same free slots, each less what it alone has just given away. */
  private static StandingOffer newer(StandingOffer one, StandingOffer other) {
    long validUntil = one.getOffer().getOffer().getValidUntil();
    long otherValidUntil = other.getOffer().getOffer().getValidUntil();
    if (validUntil != otherValidUntil) {
      return validUntil > otherValidUntil ? one : other;
    }
    return one.getFreeSlots() >= other.getFreeSlots() ? one : other;
  }

  private static Stream<Price> needed(StandingOffer standing) {
    Offer offer = standing.getOffer().getOffer();
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
