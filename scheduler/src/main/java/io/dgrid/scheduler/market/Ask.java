package io.dgrid.scheduler.market;

import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.scheduler.job.WorkerId;
import java.math.BigInteger;
import java.util.Set;

/**
 * What a job wants from the market.
 *
 * @param outputTokens tokens still to come, at most
 * @param avoided workers that already failed this job; they win only when nobody else can
 */
public record Ask(
    ModelId model, int inputTokens, int outputTokens, Price maxPrice, Set<WorkerId> avoided) {
  private static final Price ANY =
      new Price(BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE));

  /** The ask by which standing offers are ordered for display: half prompt, half answer. */
  static Ask reference(ModelId model) {
    return new Ask(model, 500, 500, ANY, Set.of());
  }
}
