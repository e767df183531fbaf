package io.dgrid.acceptance.faults;

/** What can be wrong with a link. */
enum Disturbance {
  /** Every piece of data comes late. */
  LATENCY,
  /** Connections stay and nothing passes, in either direction; it passes when the link heals. */
  BLACKHOLE,
  /** The listener's side of each connection is gone, and the other side is told when it heals. */
  HALF_OPEN,
  /** Every connection is reset, and so is each new one. */
  RESET
}
