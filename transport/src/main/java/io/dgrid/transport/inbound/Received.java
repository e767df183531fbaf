package io.dgrid.transport.inbound;

import io.dgrid.core.error.DGridException;

/** What the bytes of a request turned out to be. */
sealed interface Received<Q> {

  /** A message. */
  record Message<Q>(Q request) implements Received<Q> {}

  /** None, and why. */
  record Unreadable<Q>(DGridException failure) implements Received<Q> {}
}
