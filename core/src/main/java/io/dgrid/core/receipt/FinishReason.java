package io.dgrid.core.receipt;

/** Why an attempt stopped; the code is part of the receipt. */
public enum FinishReason {
  /** The model ended the answer, or a stop string did. */
  STOP(1),
  /** The output limit or the context was reached. */
  LENGTH(2),
  /** The client ended it. */
  CANCELLED(3),
  /** The answer continues in another attempt's receipt. */
  INTERRUPTED(4);

  private final int code;

  FinishReason(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** Whether the answer is complete. */
  public boolean isFinal() {
    return this == STOP || this == LENGTH;
  }

  /**
   * @throws IllegalArgumentException for an unknown code
   */
  public static FinishReason of(int code) {
    for (FinishReason reason : values()) {
      if (reason.code == code) {
        return reason;
      }
    }
    throw new IllegalArgumentException("unknown finish reason " + code);
  }
}
