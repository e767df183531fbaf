package io.dgrid.edge.market;

import com.google.protobuf.ByteString;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.Pricing;
import io.dgrid.edge.market.LastView.Told;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.proto.receipt.v1.Offer;
import io.dgrid.transport.codec.Wire;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the views of several schedulers say together. Pure; made once for many questions. */
final class KnownOffers {
  private final List<Told<List<StandingOffer>>> views;
  private final List<StandingOffer> all;
  private final Map<ByteString, Price> cheapest = new HashMap<>();

  /**
   * An offer that two schedulers know, as when one has just taken over from the other, is there
   * once, as it was told last.
   */
  KnownOffers(List<Told<List<StandingOffer>>> views) {
    this.views = views;
    Map<Asker, Told<StandingOffer>> offers = new LinkedHashMap<>();
    for (Told<List<StandingOffer>> view : views) {
      for (StandingOffer offer : view.view()) {
        offers.merge(
            Asker.of(offer),
            new Told<>(offer, view.at()),
            (known, other) -> known.at() >= other.at() ? known : other);
      }
    }
    all = offers.values().stream().map(Told::view).toList();
    for (StandingOffer standing : all) {
      Offer offer = standing.getOffer().getOffer();
      needed(offer)
          .ifPresent(
              price ->
                  cheapest.merge(offer.getModelId(), price, (a, b) -> a.compareTo(b) <= 0 ? a : b));
    }
  }

  /** Whether it was made of these very views. */
  boolean isOf(List<Told<List<StandingOffer>>> others) {
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

  List<StandingOffer> all() {
    return all;
  }

  /** The lowest maximum price that an offer for the model accepts. */
  Optional<Price> cheapest(ModelId model) {
    return Optional.ofNullable(cheapest.get(Wire.bytes(model)));
  }

  private static Optional<Price> needed(Offer offer) {
    try {
      return Optional.of(
          new Pricing(
                  Wire.price(offer.getInputPrice(), "input_price"),
                  Wire.price(offer.getOutputPrice(), "output_price"))
              .highest());
    } catch (DGridException malformed) {
      return Optional.empty();
    }
  }

  /** Who asks for a price; each worker has one for a model. */
  private record Asker(ByteString node, String worker, ByteString model) {
    static Asker of(StandingOffer standing) {
      Offer offer = standing.getOffer().getOffer();
      return new Asker(offer.getNode(), standing.getWorker(), offer.getModelId());
    }
  }
}
