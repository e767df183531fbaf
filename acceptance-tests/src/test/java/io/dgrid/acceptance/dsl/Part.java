package io.dgrid.acceptance.dsl;

import io.dgrid.local.process.ManagedProcess;

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
