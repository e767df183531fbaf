package io.dgrid.core.money;

import java.math.BigInteger;

/** What an offer asks for input and output tokens. */
public record Pricing(Price input, Price output) {

  /** The bill of a receipt; rounds down, against the node that claims it. */
  public TokenAmount bill(int inputTokens, int outputTokens) {
    return new TokenAmount(exact(inputTokens, outputTokens).divide(Price.MILLION));
  }

  /** No receipt within these counts can bill more; rounds up, for holds. */
  public TokenAmount atMost(int inputTokens, int outputTokens) {
    BigInteger[] parts = exact(inputTokens, outputTokens).divideAndRemainder(Price.MILLION);
    return new TokenAmount(parts[1].signum() == 0 ? parts[0] : parts[0].add(BigInteger.ONE));
  }

  /** The lowest maximum price that accepts this pricing: a maximum bounds both prices. */
  public Price highest() {
    return input.compareTo(output) >= 0 ? input : output;
  }

  /** Whether both prices stay within a client's maximum. */
  public boolean within(Price maximum) {
    return highest().compareTo(maximum) <= 0;
  }

  private BigInteger exact(int inputTokens, int outputTokens) {
    if (inputTokens < 0 || outputTokens < 0) {
      throw new IllegalArgumentException("negative token count");
    }
    return input
        .unitsPerMillion()
        .multiply(BigInteger.valueOf(inputTokens))
        .add(output.unitsPerMillion().multiply(BigInteger.valueOf(outputTokens)));
  }
}
