package io.dgrid.core.money;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Pattern;

/**
 * An amount of the network's token in its smallest unit, 0 to 2^128 − 1. The token has 18 decimals.
 */
public record TokenAmount(BigInteger units) implements Comparable<TokenAmount> {
  public static final TokenAmount ZERO = new TokenAmount(BigInteger.ZERO);
  public static final int DECIMALS = 18;

  private static final Pattern DECIMAL = Pattern.compile("0|[1-9][0-9]{0,38}");

  public TokenAmount {
    if (units.signum() < 0 || units.bitLength() > 128) {
      throw new IllegalArgumentException("amount outside 0..2^128-1: " + units);
    }
  }

  public static TokenAmount of(long units) {
    return new TokenAmount(BigInteger.valueOf(units));
  }

  /** Whole tokens, for example {@code tokens(5)} is 5·10^18 units. */
  public static TokenAmount tokens(long tokens) {
    return new TokenAmount(BigInteger.valueOf(tokens).multiply(BigInteger.TEN.pow(DECIMALS)));
  }

  /**
   * Reads the wire form: decimal digits without sign, leading zeros or blanks.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static TokenAmount parse(String text) {
    if (!DECIMAL.matcher(text).matches()) {
      throw new IllegalArgumentException("not an unsigned decimal amount");
    }
    return new TokenAmount(new BigInteger(text));
  }

  public TokenAmount plus(TokenAmount other) {
    return new TokenAmount(units.add(other.units));
  }

  /**
   * @throws IllegalArgumentException when {@code other} is larger
   */
  public TokenAmount minus(TokenAmount other) {
    return new TokenAmount(units.subtract(other.units));
  }

  public boolean isZero() {
    return units.signum() == 0;
  }

  @Override
  public int compareTo(TokenAmount other) {
    return units.compareTo(other.units);
  }

  /** For people, for example {@code 0.000124 DGRID}. */
  public String display() {
    return new BigDecimal(units, DECIMALS).stripTrailingZeros().toPlainString() + " DGRID";
  }

  /** The wire form. */
  @Override
  public String toString() {
    return units.toString();
  }
}
