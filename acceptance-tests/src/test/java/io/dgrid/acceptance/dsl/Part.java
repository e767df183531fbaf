package io.dgrid.acceptance.dsl;

import io.dgrid.local.process.ManagedProcess;
import java.util.function.BooleanSupplier;

/** A process of the network that a scenario may end. */
public class Part {
  private final ManagedProcess process;

  Part(ManagedProcess process) {
    this.process = process;
  }

  /** Ends it with SIGKILL. */
  public void dies() {
    process.kill9();
  }

  /** Asks it to end with SIGTERM and waits until it is gone. */
  public void leaves() {
    process.stop();
  }

  /** Stops it with SIGSTOP: it keeps its connections and answers nothing. */
  public void freezes() {
    process.suspend();
  }

  /** Ends a freeze. */
  public void goesOn() {
    process.resume();
  }

  /** Lets a frozen process run in short steps until something is so; it is frozen afterwards. */
  public void crawlsUntil(BooleanSupplier reached) {
    Eventually.holds(
        "step of " + process.name(),
        () -> {
          if (reached.getAsBoolean()) {
            return true;
          }
          process.step();
          return false;
        });
  }

  /** Starts it again and goes on. */
  public void starts() {
    process.start();
  }

  public Health health() {
    return Health.of(process);
  }

  /** Starts it again when it has ended, and waits until it is ready. */
  public void startsAgain() {
    if (!process.isAlive()) {
      process.start();
    }
    process.awaitReady();
  }

  ManagedProcess process() {
    return process;
  }
}
