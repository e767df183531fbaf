package io.dgrid.core.receipt;

/** Outcome of a replay; the code is part of the verdict. */
public enum VerdictResult {
  /** The registered model produced these tokens. */
  MATCH(1),
  /** It did not. */
  MISMATCH(2),
  /** Not enough evidence either way. */
  INCONCLUSIVE(3);

  private final int code;

  VerdictResult(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /**
   * @throws IllegalArgumentException for an unknown code
   */
  public static VerdictResult of(int code) {
    for (VerdictResult result : values()) {
      if (result.code == code) {
        return result;
      }
    }
    throw new IllegalArgumentException("unknown verdict result " + code);
  }
}
