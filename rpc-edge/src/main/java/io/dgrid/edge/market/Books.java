package io.dgrid.edge.market;

import com.google.protobuf.ByteString;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.Pricing;
import io.dgrid.edge.market.LastView.Told;
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
 * spread, or that one scheduler has just taken over from another, stands in several of them and
 * counts once. Pure; made once for many questions.
 */
final class Books {
  private final List<Told<ListOffersResponse>> views;
  private final List<StandingOffer> offers;
  private final Map<ByteString, Outlook> outlooks;

  /** One worker's offer for one model; it has but one of each. */
  private record Seller(ByteString node, String worker, ByteString model) {
    private static Seller of(StandingOffer standing) {
      Offer offer = standing.getOffer().getOffer();
      return new Seller(offer.getNode(), standing.getWorker(), offer.getModelId());
    }
  }

  Books(List<Told<ListOffersResponse>> views) {
    this.views = views;
    Map<Seller, Told<StandingOffer>> bySeller = new LinkedHashMap<>();
    for (Told<ListOffersResponse> view : views) {
      for (StandingOffer offer : view.view().getOffersList()) {
        bySeller.merge(Seller.of(offer), new Told<>(offer, view.at()), Books::newer);
      }
    }
    offers = bySeller.values().stream().map(Told::view).toList();
    outlooks = outlooks(offers, spreads(views));
  }

  private static Map<ByteString, Outlook> outlooks(
      List<StandingOffer> offers, Map<ByteString, Integer> spreads) {
    Map<ByteString, Outlook> outlooks = new HashMap<>();
    spreads.forEach((model, spread) -> outlooks.put(model, new Outlook(Optional.empty(), spread)));
    offers.stream()
        .collect(Collectors.groupingBy(o -> o.getOffer().getOffer().getModelId()))
        .forEach(
            (model, standing) ->
                outlooks.put(
                    model,
                    new Outlook(
                        standing.stream().flatMap(Books::needed).min(Comparator.naturalOrder()),
                        spreads.getOrDefault(model, 1))));
    return outlooks;
  }

  /** Whether they were made of these very views. */
  boolean areOf(List<Told<ListOffersResponse>> others) {
    if (views.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < views.size(); i++) {
      if (views.get(i) != others.get(i)) {
        return false;
      }
    }
    return true;
  }

  /** Each once; best first per model, as far as one scheduler knows them all. */
  List<StandingOffer> offers() {
    return offers;
  }

  Outlook outlook(ModelId model) {
    return outlooks.getOrDefault(Wire.bytes(model), Outlook.UNKNOWN);
  }

  /** The lowest that anyone tells: all of them bring their workers that far. */
  private static Map<ByteString, Integer> spreads(List<Told<ListOffersResponse>> views) {
    Map<ByteString, Integer> spreads = new HashMap<>();
    Map<ByteString, Integer> told = new HashMap<>();
    for (Told<ListOffersResponse> view : views) {
      for (ModelSpread each : view.view().getSpreadsList()) {
        spreads.merge(each.getModelId(), each.getSpread(), Math::min);
        told.merge(each.getModelId(), 1, Integer::sum);
      }
    }
    spreads.replaceAll((model, spread) -> told.get(model) < views.size() ? 1 : spread);
    return spreads;
  }

  /** As it was told last; of words of one moment, who has given away the least. */
  private static Told<StandingOffer> newer(Told<StandingOffer> one, Told<StandingOffer> other) {
    long validUntil = one.view().getOffer().getOffer().getValidUntil();
    long otherValidUntil = other.view().getOffer().getOffer().getValidUntil();
    if (validUntil != otherValidUntil) {
      return validUntil > otherValidUntil ? one : other;
    }
    if (one.at() != other.at()) {
      return one.at() > other.at() ? one : other;
    }
    return one.view().getFreeSlots() >= other.view().getFreeSlots() ? one : other;
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
