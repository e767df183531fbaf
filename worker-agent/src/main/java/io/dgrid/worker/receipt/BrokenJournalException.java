package io.dgrid.worker.receipt;

import java.io.IOException;

/** A journal that must not be continued; the message says why and what the operator can do. */
public final class BrokenJournalException extends IOException {
  private static final long serialVersionUID = 1L;

  BrokenJournalException(String message) {
    super(message);
  }
}
