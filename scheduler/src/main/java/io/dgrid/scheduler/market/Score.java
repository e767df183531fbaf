package io.dgrid.scheduler.market;

import io.dgrid.core.receipt.Offer;

/**
 * The routing score; the smallest wins.
 *
 * <pre>
 * cost    = (inputTokens · inputPrice + outputTokens · outputPrice) / 10^6 + 1     smallest units
 * latency = 1 + min(firstTokenMillis, 10 000) / 20 000                             1 to 1.5
 * quality = 0.25 + 0.75 · reputation                                               0.25 to 1
 * score   = cost · latency / quality
 * </pre>
 *
 * So trust is worth at most a factor 4 in price and speed at most 1.5. Equal scores go to the
 * worker with more free slots, then to the smaller address and name.
 */
final class Score {
  private Score() {}

  static double of(Standing standing, Ask ask) {
    double latency = 1 + Math.min(standing.firstTokenMillis(), 10_000) / 20_000;
    double quality = 0.25 + 0.75 * standing.reputationMicros() / 1e6;
    return (cost(standing.offer(), ask) + 1) * latency / quality;
  }

  /** Expected bill in smallest units; a double is exact enough to order by. */
  static double cost(Offer offer, Ask ask) {
    double input = offer.inputPrice().unitsPerMillion().doubleValue() * ask.inputTokens();
    double output = offer.outputPrice().unitsPerMillion().doubleValue() * ask.outputTokens();
    return (input + output) / 1e6;
  }
}
