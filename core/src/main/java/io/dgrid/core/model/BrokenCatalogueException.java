package io.dgrid.core.model;

/** A catalogue folder that cannot be used: its message names the file and what is wrong in it. */
public final class BrokenCatalogueException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BrokenCatalogueException(String message) {
    super(message);
  }

  BrokenCatalogueException(String message, Throwable cause) {
    super(message, cause);
  }
}
