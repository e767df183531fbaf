package io.dgrid.acceptance.dsl;

import io.dgrid.core.identity.Address;
import io.dgrid.local.process.ManagedProcess;
import io.dgrid.transport.codec.Wire;

/** A worker process and its node. */
public final class Worker extends Part {
  private final Network network;
  private final Address address;

  Worker(Network network, ManagedProcess process, Address address) {
    super(process);
    this.network = network;
    this.address = address;
  }

  public Address address() {
    return address;
  }

  /** Also waits until its offer stands again. */
  @Override
  public void startsAgain() {
    super.startsAgain();
    waitUntilItOffers();
  }

  public void waitUntilItOffers() {
    Eventually.holds("offer of " + process().name(), this::offers);
  }

  private boolean offers() {
    return network.edge().offers().stream()
        .anyMatch(o -> Wire.address(o.getOffer().getOffer().getNode(), "node").equals(address));
  }
}
