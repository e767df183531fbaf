package io.dgrid.acceptance.faults;

import io.dgrid.acceptance.faults.Fault.AtOnce;
import io.dgrid.acceptance.faults.Fault.Cut;
import io.dgrid.acceptance.faults.Fault.Freeze;
import io.dgrid.acceptance.faults.Fault.FullDisk;
import io.dgrid.acceptance.faults.Fault.Kill;
import io.dgrid.acceptance.faults.Fault.Repeat;
import io.dgrid.acceptance.faults.Fault.Restart;
import io.dgrid.acceptance.faults.Fault.Skew;
import io.dgrid.acceptance.faults.FaultPlan.Step;
import io.dgrid.local.LocalNetwork;
import io.dgrid.local.process.ManagedProcess;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Carries out a plan, one step after the other; when it is done everything is repaired. */
final class Saboteur {
  private static final Set<String> NEEDED_BY_OTHERS = Set.of("kafka", "postgres", "chain");

  private final LocalNetwork network;
  private final Links links;
  private final FaultPlan plan;
  private final Set<Long> ranOutOfDisk = new HashSet<>();
  private final long begin = System.nanoTime();
  private int done;

  /**
   * What brings back what a fault broke.
   *
   * @param early what others need to come back themselves
   */
  private record Repair(boolean early, Runnable work) {
    static Repair of(String process, Runnable work) {
      return new Repair(NEEDED_BY_OTHERS.contains(process), work);
    }
  }

  Saboteur(LocalNetwork network, Links links, FaultPlan plan) {
    this.network = network;
    this.links = links;
    this.plan = plan;
  }

  /** Returns after the step during which it was told that it is enough. */
  void workUntil(BooleanSupplier enough) {
    while (!enough.getAsBoolean()) {
      Step step = plan.next();
      sleep(step.pause());
      System.out.printf(
          "fault %3d at %6.1f s  %s for %d ms%n",
          ++done, (System.nanoTime() - begin) / 1e9, step.fault(), step.lasts().toMillis());
      List<Repair> repairs = breaks(step.fault()).toList();
      sleep(step.lasts());
      repairs.stream().filter(Repair::early).forEach(repair -> repair.work().run());
      repairs.stream().filter(repair -> !repair.early()).forEach(repair -> repair.work().run());
    }
  }

  int done() {
    return done;
  }

  /** Process ids that had no room to write; it is theirs to end then. */
  Set<Long> ranOutOfDisk() {
    return Set.copyOf(ranOutOfDisk);
  }

  private Stream<Repair> breaks(Fault fault) {
    return switch (fault) {
      case Kill(var name) -> {
        ManagedProcess process = network.process(name);
        process.kill9();
        yield Stream.of(Repair.of(name, () -> comesBack(process)));
      }
      case Restart(var name) -> {
        ManagedProcess process = network.process(name);
        process.stop();
        yield Stream.of(Repair.of(name, () -> comesBack(process)));
      }
      case Freeze(var name) -> {
        ManagedProcess process = network.process(name);
        process.suspend();
        yield Stream.of(Repair.of(name, process::resume));
      }
      case Skew(var name, var offset) -> {
        ManagedProcess process = network.process(name);
        process.kill9();
        process.startWith(List.of("-Ddgrid.clock.offset=" + offset));
        process.awaitReady();
        yield Stream.of(
            Repair.of(
                name,
                () -> {
                  process.kill9();
                  comesBack(process);
                }));
      }
      case FullDisk(var name) -> Stream.of(fillDisk(network.process(name)));
      case Cut(var link, var disturbance) -> {
        FaultProxy proxy = links.proxy(link);
        proxy.become(disturbance);
        yield Stream.of(new Repair(true, proxy::heal));
      }
      case Repeat repeat -> {
        int written = new Echo(network.describe().kafka()).repeat(repeat);
        System.out.printf("  %d records%n", written);
        yield Stream.empty();
      }
      case AtOnce(var one, var other) -> Stream.concat(breaks(one), breaks(other));
    };
  }

  private Repair fillDisk(ManagedProcess process) {
    if (!FileRoom.canBeTaken()) {
      System.out.println("  SKIPPED: there is no prlimit on this machine");
      return new Repair(false, () -> {});
    }
    long pid = process.pid();
    ranOutOfDisk.add(pid);
    FileRoom.take(pid);
    return Repair.of(
        process.name(),
        () -> {
          if (process.isAlive()) {
            FileRoom.giveBack(pid);
          }
          // It may have been about to end.
          if (!process.isAlive()) {
            System.out.println("  it had ended");
            comesBack(process);
          }
        });
  }

  /** Waits until it is ready: otherwise most of a long plan would hit processes that just start. */
  private static void comesBack(ManagedProcess process) {
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
