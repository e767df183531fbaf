package io.dgrid.core.sampling;

/**
 * The model answered with NaN or infinity, so it defines no distribution: its weights are damaged.
 */
public final class NonFiniteLogitsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NonFiniteLogitsException(String message) {
    super(message);
  }
}
