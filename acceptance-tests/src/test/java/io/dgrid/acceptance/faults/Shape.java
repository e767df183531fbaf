package io.dgrid.acceptance.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** How many of each kind the network under test has, and what of it can break. */
record Shape(int edges, int schedulers, int workers) {
  private static final Set<String> STRANGERS = Set.of("kafka", "postgres", "chain");

  List<String> processes() {
    List<String> all =
        new ArrayList<>(List.of("kafka", "postgres", "chain", "oracle", "settlement"));
    all.addAll(edgeNames());
    all.addAll(schedulerNames());
    all.addAll(workerNames());
    return all;
  }

  /** Every way on which one process looks for another one. */
  List<Link> links() {
    List<Link> all = new ArrayList<>();
    all.add(new Link(Link.ANYBODY, "kafka"));
    all.add(new Link("settlement", "chain"));
    all.add(new Link("settlement", "postgres"));
    all.add(new Link("oracle", "postgres"));
    for (String edge : edgeNames()) {
      all.add(new Link(Link.ANYBODY, edge));
      all.add(new Link(edge, "postgres"));
      all.add(new Link(edge, "settlement"));
      schedulerNames().forEach(scheduler -> all.add(new Link(edge, scheduler)));
    }
    for (String scheduler : schedulerNames()) {
      all.add(new Link("oracle", scheduler));
      workerNames().forEach(worker -> all.add(new Link(worker, scheduler)));
      if (schedulers > 1) {
        all.add(new Link(Link.ANYBODY, scheduler));
      }
    }
    return all;
  }

  /** Whether it is one of our services, which can be told another time. */
  boolean hasOwnClock(String process) {
    return !STRANGERS.contains(process);
  }

  /** Whether it keeps something in files, so that a full disk means something to it. */
  boolean writesFiles(String process) {
    return workerNames().contains(process) || Set.of("kafka", "settlement").contains(process);
  }

  List<String> edgeNames() {
    return names("edge-", edges);
  }

  List<String> schedulerNames() {
    return names("scheduler-", schedulers);
  }

  List<String> workerNames() {
    return names("worker-", workers);
  }

  private static List<String> names(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
  }
}
