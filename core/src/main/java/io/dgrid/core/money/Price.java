package io.dgrid.core.money;

import java.math.BigInteger;

/** A price in the token's smallest units per million model tokens, 0 to 2^128 − 1. */
public record Price(BigInteger unitsPerMillion) implements Comparable<Price> {
  static final BigInteger MILLION = BigInteger.valueOf(1_000_000);

  public Price {
    if (unitsPerMillion.signum() < 0 || unitsPerMillion.bitLength() > 128) {
      throw new IllegalArgumentException("price outside 0..2^128-1: " + unitsPerMillion);
    }
  }

  public static Price of(long unitsPerMillion) {
    return new Price(BigInteger.valueOf(unitsPerMillion));
  }

  /**
   * Reads the wire form, see {@link TokenAmount#parse}.
   *
   * @throws IllegalArgumentException for anything that is not an unsigned decimal
   */
  public static Price parse(String text) {
    return new Price(TokenAmount.parse(text).units());
  }

  @Override
  public int compareTo(Price other) {
    return unitsPerMillion.compareTo(other.unitsPerMillion);
  }

  @Override
  public String toString() {
    return unitsPerMillion.toString();
  }
}
