package io.dgrid.acceptance.faults;

import io.dgrid.local.broker.Topics;
import java.time.Duration;

/** What goes wrong, for a while. */
sealed interface Fault {
  /** The process is gone at once, and comes back. */
  record Kill(String process) implements Fault {}

  /** The process is asked to stop, and comes back. */
  record Restart(String process) implements Fault {}

  /** The process keeps its connections and does nothing (SIGSTOP), then goes on. */
  record Freeze(String process) implements Fault {}

  /** The process is killed and comes back with a wrong clock, and once more with the right one. */
  record Skew(String process, Duration offset) implements Fault {}

  /**
   * Whatever the process writes to a file is refused, as on a full disk; then there is room again.
   * A process that ends by it comes back.
   */
  record FullDisk(String process) implements Fault {}

  /** A link is disturbed, then heals. */
  record Cut(Link link, Disturbance disturbance) implements Fault {}

  /**
   * Records of a topic come once more, after newer ones.
   *
   * @param from where they begin, in thousandths of what each partition holds
   * @param count at most, of each partition
   * @param order 0: as they were; else the seed of another order
   */
  record Repeat(Topics topic, int from, int count, long order) implements Fault {}

  /** Two things that have nothing in common, and both last until the longer one is over. */
  record AtOnce(Fault one, Fault other) implements Fault {}
}
