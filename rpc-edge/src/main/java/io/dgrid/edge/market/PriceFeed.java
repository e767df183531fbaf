package io.dgrid.edge.market;

import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.proto.market.v1.PricePoint;
import io.dgrid.proto.receipt.v1.Offer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Hands price points to whoever watches now; a watcher that is slow drops them itself. */
@ApplicationScoped
public class PriceFeed {
  private final Set<Consumer<PricePoint>> watchers = ConcurrentHashMap.newKeySet();

  /** Publishes the price when the transition grants an attempt. */
  public void publish(JobTransition transition) {
    if (!transition.hasGranted() || watchers.isEmpty()) {
      return;
    }
    Offer offer = transition.getGranted().getOffer().getOffer();
    PricePoint point =
        PricePoint.newBuilder()
            .setAt(transition.getAt())
            .setModelId(offer.getModelId())
            .setInputPrice(offer.getInputPrice())
            .setOutputPrice(offer.getOutputPrice())
            .build();
    watchers.forEach(watcher -> watcher.accept(point));
  }

  void watch(Consumer<PricePoint> watcher) {
    watchers.add(watcher);
  }

  void unwatch(Consumer<PricePoint> watcher) {
    watchers.remove(watcher);
  }
}
