package io.dgrid.scheduler.dispatch;

import io.dgrid.scheduler.market.Market;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/** Makes the pure parts that beans share. */
class Wiring {
  @Produces
  @Singleton
  RandomGenerator random() {
    return new SecureRandom();
  }

  @Produces
  @Singleton
  Market market(Nodes nodes) {
    Market market = new Market(nodes::reputationMicros, nodes::bar);
    nodes.onChange(market::changed);
    return market;
  }
}
