package io.dgrid.acceptance.faults;

import io.dgrid.acceptance.faults.Fault.Cut;
import io.dgrid.acceptance.faults.Fault.Freeze;
import io.dgrid.acceptance.faults.Fault.Kill;
import io.dgrid.acceptance.faults.Fault.Restart;
import io.dgrid.acceptance.faults.FaultPlan.Step;
import io.dgrid.local.LocalNetwork;
import io.dgrid.local.process.ManagedProcess;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Carries out a plan, one fault after the other; when it is done everything is repaired. */
final class Saboteur {
  private final LocalNetwork network;
  private final Links links;
  private final FaultPlan plan;
  private final long begin = System.nanoTime();
  private int done;

  Saboteur(LocalNetwork network, Links links, FaultPlan plan) {
    this.network = network;
    this.links = links;
    this.plan = plan;
  }

  /** Returns after the fault during which it was told that it is enough. */
  void workUntil(BooleanSupplier enough) {
    while (!enough.getAsBoolean()) {
      Step step = plan.next();
      sleep(step.pause());
      System.out.printf(
          "fault %3d at %6.1f s  %s for %d ms%n",
          ++done, (System.nanoTime() - begin) / 1e9, step.fault(), step.lasts().toMillis());
      carryOut(step.fault(), step.lasts());
    }
  }

  int done() {
    return done;
  }

  private void carryOut(Fault fault, Duration lasts) {
    switch (fault) {
      case Kill(var name) -> {
        ManagedProcess process = network.process(name);
        process.kill9();
        comesBack(process, lasts);
      }
      case Restart(var name) -> {
        ManagedProcess process = network.process(name);
        process.stop();
        comesBack(process, lasts);
      }
      case Freeze(var name) -> {
        ManagedProcess process = network.process(name);
        process.suspend();
        sleep(lasts);
        process.resume();
      }
      case Cut(var link, var disturbance) -> {
        FaultProxy proxy = links.proxy(link);
        proxy.become(disturbance);
        sleep(lasts);
        proxy.heal();
      }
    }
  }

  /** Waits until it is ready: otherwise most of a long plan would hit processes that just start. */
  private static void comesBack(ManagedProcess process, Duration after) {
    sleep(after);
    process.start();
    process.awaitReady();
  }

  private static void sleep(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted");
    }
  }
}
