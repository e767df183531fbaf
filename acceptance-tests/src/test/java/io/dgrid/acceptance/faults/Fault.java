package io.dgrid.acceptance.faults;

/** One thing that goes wrong, for a while. */
sealed interface Fault {
  /** The process is gone at once, and comes back. */
  record Kill(String process) implements Fault {}

  /** The process is asked to stop, and comes back. */
  record Restart(String process) implements Fault {}

  /** The process keeps its connections and does nothing (SIGSTOP), then goes on. */
  record Freeze(String process) implements Fault {}

  /** A link is disturbed, then heals. */
  record Cut(Link link, Disturbance disturbance) implements Fault {}
}
