package io.dgrid.acceptance.faults;

/**
 * The connections one process opens to another one.
 *
 * @param from process that connects; {@link #ANYBODY} where all share one way
 * @param to process that listens
 */
record Link(String from, String to) {
  static final String ANYBODY = "anybody";

  @Override
  public String toString() {
    return from + ">" + to;
  }
}
