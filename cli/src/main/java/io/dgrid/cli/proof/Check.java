package io.dgrid.cli.proof;

/**
 * One thing that was looked at.
 *
 * @param name stable, says what was checked
 * @param detail what was found, for people
 */
public record Check(String name, Result result, String detail) {
  /** How it stands. */
  public enum Result {
    /** It holds. */
    GOOD,
    /** It is not there yet. */
    PENDING,
    /** It does not hold. */
    BROKEN
  }
}
