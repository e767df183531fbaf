package io.dgrid.acceptance.faults;

import io.dgrid.acceptance.dsl.FreshFolder;
import io.dgrid.local.Checkout;
import io.dgrid.local.LocalNetwork;
import io.dgrid.local.NetworkOptions;
import io.dgrid.local.Ports;
import io.dgrid.local.Progress;
import io.dgrid.local.process.ExitReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A local network whose every link can break, with a crowd that uses it. */
final class FaultyNetwork implements AutoCloseable {
  private final LocalNetwork local;
  private final Links links;
  private final Crowd crowd;
  private final Queue<ExitReport> deaths;

  private FaultyNetwork(LocalNetwork local, Links links, Queue<ExitReport> deaths) {
    this.local = local;
    this.links = links;
    this.deaths = deaths;
    crowd = new Crowd(local);
  }

  static FaultyNetwork start(Shape shape) {
    Path data = FreshFolder.at(Checkout.root().resolve("acceptance-tests/target/faults"));
    Ports ports = Ports.from(0);
    Links links = new Links(ports, shape);
    var options =
        new NetworkOptions(
            shape.edges(), shape.schedulers(), shape.workers(), data, ports, true, links);
    Queue<ExitReport> deaths = new ConcurrentLinkedQueue<>();
    LocalNetwork local =
        LocalNetwork.start(Checkout.root(), options, new Progress(System.out), deaths::add);
    return new FaultyNetwork(local, links, deaths);
  }

  Saboteur saboteur(FaultPlan plan) {
    return new Saboteur(local, links, plan);
  }

  Crowd crowd() {
    return crowd;
  }

  /**
   * Processes that ended although no fault ended them.
   *
   * @param excused process ids that may have ended by themselves
   */
  List<String> unexpectedDeaths(Set<Long> excused) {
    return deaths.stream()
        .filter(death -> !excused.contains(death.pid()))
        .map(ExitReport::describe)
        .toList();
  }

  @Override
  public void close() {
    crowd.close();
    local.kill();
    links.close();
  }
}
