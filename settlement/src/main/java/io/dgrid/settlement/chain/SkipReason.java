package io.dgrid.settlement.chain;

/** Why the contract pays nothing for a voucher, in the contract's order, which only grows. */
enum SkipReason {
  NONE,
  INVALID_PARTY,
  EXPIRED,
  STALE,
  BAD_SIGNATURE,
  UNKNOWN_SIGNER,
  GRANT_EXPIRED,
  GRANT_SCOPED,
  GRANT_EXHAUSTED,
  NO_FUNDS,
  /** Of a newer contract. */
  UNKNOWN;

  static SkipReason of(long number) {
    return number >= 0 && number < UNKNOWN.ordinal() ? values()[(int) number] : UNKNOWN;
  }

  /** A deposit or a registered grant makes the same voucher good. */
  boolean canBePaidLater() {
    return switch (this) {
      case UNKNOWN_SIGNER, GRANT_EXHAUSTED, NO_FUNDS -> true;
      case NONE,
          INVALID_PARTY,
          EXPIRED,
          STALE,
          BAD_SIGNATURE,
          GRANT_EXPIRED,
          GRANT_SCOPED,
          UNKNOWN ->
          false;
    };
  }
}
