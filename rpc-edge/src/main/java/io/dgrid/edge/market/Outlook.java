package io.dgrid.edge.market;

import io.dgrid.core.money.Price;
import java.util.Optional;

/**
 * What a job of a model may expect.
 *
 * @param cheapest the lowest maximum price that an offer accepts now; empty when there is no offer
 *     or nobody to ask: then the scheduler decides after its bounded wait
 * @param spread partitions that the model's jobs may be in, 1 when nobody can be asked
 */
public record Outlook(Optional<Price> cheapest, int spread) {
  static final Outlook UNKNOWN = new Outlook(Optional.empty(), 1);
}
