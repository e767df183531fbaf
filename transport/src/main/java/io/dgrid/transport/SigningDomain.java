package io.dgrid.transport;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Makes the signing domain from the settings. */
@ApplicationScoped
class SigningDomain {

  @Produces
  @Singleton
  Domain domain(ChainConfig config) {
    Address settlement;
    try {
      settlement = Address.fromHex(config.settlementAddress());
    } catch (IllegalArgumentException malformed) {
      throw new IllegalStateException(
          "dgrid.chain.settlement-address is not an address: " + config.settlementAddress());
    }
    if (settlement.isZero()) {
      throw new IllegalStateException("dgrid.chain.settlement-address must not be zero");
    }
    return new Domain(config.id(), settlement);
  }
}
