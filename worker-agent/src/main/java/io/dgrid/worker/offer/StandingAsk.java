package io.dgrid.worker.offer;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.money.Pricing;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Signs the offer anew well before it expires. Not thread-safe. */
public final class StandingAsk {
  private final Signer signer;
  private final Domain domain;
  private final ModelId model;
  private final Pricing pricing;
  private final int slots;
  private final Duration validity;
  private final Duration renewal;
  private final InstantSource clock;
  private @Nullable Signed<Offer> current;
  private Instant renewAt = Instant.MIN;

  /**
   * @param validity how long a signed offer stands
   * @param renewal age at which it is signed anew, below {@code validity}
   */
  public StandingAsk(
      Signer signer,
      Domain domain,
      ModelId model,
      Pricing pricing,
      int slots,
      Duration validity,
      Duration renewal,
      InstantSource clock) {
    if (renewal.compareTo(validity) >= 0) {
      throw new IllegalArgumentException("an offer must be renewed before it expires");
    }
    this.signer = signer;
    this.domain = domain;
    this.model = model;
    this.pricing = pricing;
    this.slots = slots;
    this.validity = validity;
    this.renewal = renewal;
    this.clock = clock;
  }

  /** Whether {@link #current} would sign a new one. */
  public boolean isDue() {
    return current == null || !clock.instant().isBefore(renewAt);
  }

  public Signed<Offer> current() {
    Signed<Offer> offer = current;
    if (offer == null || isDue()) {
      Instant now = clock.instant();
      offer =
          Signed.by(
              signer,
              domain,
              new Offer(
                  signer.address(),
                  model,
                  pricing.input(),
                  pricing.output(),
                  slots,
                  now.plus(validity).toEpochMilli()));
      current = offer;
      renewAt = now.plus(renewal);
    }
    return offer;
  }
}
