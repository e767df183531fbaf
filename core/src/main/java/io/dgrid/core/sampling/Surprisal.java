package io.dgrid.core.sampling;

/**
 * How surprising one token was in the filtered distribution it was drawn from (test T2).
 *
 * @param value −ln q of the token, in nats; infinite if the filters exclude it
 * @param expected its expectation under honest drawing: the entropy of q, in nats
 * @param variance its variance under honest drawing, in square nats
 */
public record Surprisal(double value, double expected, double variance) {}
