package io.dgrid.scheduler.market;

import io.dgrid.core.receipt.Offer;

/**
 * The routing score of one offer as a function of the job; the smallest wins.
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
 *
 * <p>For a given offer it is linear in the two token counts, which is what lets a book find the
 * best of many without asking each.
 *
 * @param perInput score per input token
 * @param perOutput score per output token
 * @param fixed what remains of it for no tokens at all
 */
record Score(double perInput, double perOutput, double fixed) {

  static Score of(Standing standing) {
    double latency = 1 + Math.min(standing.firstTokenMillis(), 10_000) / 20_000;
    double quality = 0.25 + 0.75 * standing.reputationMicros() / 1e6;
    double weight = latency / quality;
    Offer offer = standing.offer();
    return new Score(
        offer.inputPrice().unitsPerMillion().doubleValue() / 1e6 * weight,
        offer.outputPrice().unitsPerMillion().doubleValue() / 1e6 * weight,
        weight);
  }

  double at(Ask ask) {
    return perInput * ask.inputTokens() + perOutput * ask.outputTokens() + fixed;
  }

  /** Share of the input price, 0 to 1: offers with a like share are near each other in a book. */
  double inputShare() {
    double sum = perInput + perOutput;
    return sum == 0 ? 0.5 : perInput / sum;
  }

  /** Expected bill in smallest units; a double is exact enough to order by. */
  static double cost(Offer offer, Ask ask) {
    double input = offer.inputPrice().unitsPerMillion().doubleValue() * ask.inputTokens();
    double output = offer.outputPrice().unitsPerMillion().doubleValue() * ask.outputTokens();
    return (input + output) / 1e6;
  }
}
