package io.dgrid.scheduler.peer;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.proto.worker.v1.WorkerState;
import io.dgrid.scheduler.dispatch.Heard;
import io.dgrid.scheduler.dispatch.WorkerReport;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.scheduler.market.Ask;
import io.dgrid.scheduler.market.Market;
import io.dgrid.scheduler.market.Match;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * Several owners of one model and one fleet of workers with different prices, in simulated time:
 * the order books and the gateways' dealing of slots are the real ones, the log and the network are
 * delays.
 */
final class HotModelSimulation {
  static final int FIRST_REFUSAL = 250;
  static final int SLOTS = 4;

  /** How long a worker's state is on its way to an owner at most. */
  static final int REPORT = 8;

  private static final int WORKERS = 24;
  private static final int JOBS = Integer.getInteger("dgrid.test.jobs", 1_500);
  private static final int SERVICE = 400;
  private static final ModelId MODEL = Jobs.MODEL;

  private final Random random;
  private final double load;
  private final boolean courtesy;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final List<Owner> owners = new ArrayList<>();
  private final List<Worker> workers = new ArrayList<>();
  private final Map<Integer, JobId> ids = new HashMap<>();
  private final Map<Object, Long> arrivals = new HashMap<>();
  private long now;
  private long sequence;
  private int served;
  private int declined;
  private int lapsed;
  private int tells;
  private final Map<Integer, Double> excess = new HashMap<>();
  private double paid;
  private long waited;
  private long longestUnseen;
  private int mostRunning;

  private record Event(long at, long order, Runnable step) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
    }
  }

  private record Job(int number, long at) {}

  record Outcome(
      double load,
      int owners,
      int jobs,
      int served,
      double overpaidShare,
      double excess,
      double price,
      double declinesPerJob,
      double waitMillis,
      long longestUnseenMillis,
      double statesPerJob,
      int mostRunning) {
    static final String HEAD =
        "load owners  paid more  by      mean price  declines/job  mean wait  longest unseen  states/job";

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%.2f %6d %9.2f %% %6.3f %% %10.1f %13.3f %7.0f ms %12d ms %11.1f",
          load,
          owners,
          100 * overpaidShare,
          100 * excess,
          price,
          declinesPerJob,
          waitMillis,
          longestUnseenMillis,
          statesPerJob);
    }
  }

  HotModelSimulation(long seed, int owners, double load, boolean courtesy) {
    random = new Random(seed);
    this.load = load;
    this.courtesy = courtesy;
    for (int i = 0; i < owners; i++) {
      this.owners.add(new Owner("owner-" + i));
    }
    for (int i = 0; i < WORKERS; i++) {
      workers.add(new Worker(i));
    }
    workers.forEach(Worker::state);
  }

  Outcome run() {
    double perMilli = load * WORKERS * SLOTS / SERVICE;
    double at = 100;
    for (int i = 0; i < JOBS; i++) {
      at += -Math.log(1 - random.nextDouble()) / perMilli;
      long when = Math.round(at);
      int number = i;
      Owner owner = owners.get(random.nextInt(owners.size()));
      after(when, () -> owner.arrives(new Job(number, when)));
    }
    while (!events.isEmpty()) {
      Event next = events.poll();
      now = next.at();
      next.step().run();
    }
    return new Outcome(
        load,
        owners.size(),
        JOBS,
        served,
        (double) excess.values().stream().filter(each -> each > 0).count() / served,
        excess.values().stream().mapToDouble(each -> each).sum() / served,
        paid / served,
        (double) declined / served,
        (double) waited / served,
        longestUnseen,
        (double) tells / served,
        mostRunning);
  }

  private void after(long delay, Runnable step) {
    events.add(new Event(now + delay, sequence++, step));
  }

  /** In the order they were sent, as on a stream. */
  private void send(Object link, long delay, Runnable step) {
    long at = Math.max(now + delay, arrivals.getOrDefault(link, 0L));
    arrivals.put(link, at);
    events.add(new Event(at, sequence++, step));
  }

  private long hop() {
    return 1 + random.nextInt(3);
  }

  /** A transaction of the log. */
  private long commit() {
    return random.nextInt(10) == 0 ? 20 : 4 + random.nextInt(4);
  }

  /** What is certain about the fleet at this moment, though no owner can know it. */
  private Optional<Worker> cheapestFree() {
    return workers.stream().filter(worker -> worker.trulyFree() > 0).findFirst();
  }

  private final class Owner {
    private final String name;
    private final Market market = new Market(any -> 500_000, any -> Optional.empty());
    private final TreeMap<Integer, Job> line = new TreeMap<>();
    private final Map<WorkerId, View> views = new HashMap<>();

    private final class View {
      private final Set<Integer> serving = new HashSet<>();
      private Set<Integer> stated = Set.of();
      private int free;
      private boolean full;
      private boolean waitedFor;

      private long unstated() {
        return serving.stream().filter(each -> !stated.contains(each)).count();
      }

      private int credit() {
        return full ? 0 : (int) Math.max(0, free - unstated());
      }
    }

    private Owner(String name) {
      this.name = name;
    }

    private void arrives(Job job) {
      line.put(job.number(), job);
      match();
    }

    private void match() {
      while (!line.isEmpty()) {
        Optional<Match> match =
            market.best(new Ask(MODEL, 100, 100, Price.of(1_000_000), Set.of()), now);
        if (match.isEmpty()) {
          return;
        }
        grant(line.pollFirstEntry().getValue(), match.get().winner().worker());
      }
    }

    private void grant(Job job, WorkerId id) {
      Worker worker = workers.get(Integer.parseInt(id.name()));
      compare(job, worker);
      worker.promised();
      View view = views.get(id);
      view.serving.add(job.number());
      market.free(id, view.credit());
      if (courtesy) {
        send(link(worker), hop(), () -> worker.granting(this, job));
      }
      after(commit(), () -> send(link(worker), hop(), () -> worker.assigned(this, job)));
    }

    private void compare(Job job, Worker worker) {
      Optional<Worker> cheaper = cheapestFree().filter(each -> each.number < worker.number);
      // A job that is declined is granted again: its last grant counts.
      excess.put(job.number(), cheaper.map(each -> worker.price() / each.price() - 1).orElse(0.0));
      cheaper.ifPresent(each -> longestUnseen = Math.max(longestUnseen, now - each.freeSince()));
    }

    private void hears(Worker worker, WorkerReport report) {
      View view = views.computeIfAbsent(worker.id, id -> new View());
      view.full = false;
      view.free = report.freeSlots();
      view.stated = new HashSet<>(report.running().stream().map(r -> r.attempt()).toList());
      market.offer(worker.id, report.offers(), view.credit());
      match();
      boolean waits = !line.isEmpty();
      if (courtesy && (waits || view.unstated() == 0) && view.waitedFor != waits) {
        view.waitedFor = waits;
        send(link(worker), hop(), () -> worker.statements.waiting(name, waits));
      }
    }

    private void declinedBy(Worker worker, Job job) {
      View view = views.get(worker.id);
      view.serving.remove(job.number());
      view.full = true;
      market.free(worker.id, 0);
      line.put(job.number(), job);
      match();
    }

    private void served(Worker worker, Job job) {
      views.get(worker.id).serving.remove(job.number());
    }

    private String link(Worker worker) {
      return name + ">" + worker.number;
    }

    private String linkFrom(Worker worker) {
      return worker.number + ">" + name;
    }
  }

  /** A worker with its gateway. */
  private final class Worker {
    private final int number;
    private final WorkerId id;
    private final Signed<Offer> offer;
    private final Statements statements;
    private final Map<Integer, Job> running = new HashMap<>();
    private int promised;

    /** When each slot that is truly free was freed, the oldest first. */
    private final ArrayDeque<Long> freed = new ArrayDeque<>();

    private Worker(int number) {
      this.number = number;
      SigningKey key = SigningKey.random();
      id = new WorkerId(key.address(), Integer.toString(number));
      for (int i = 0; i < SLOTS; i++) {
        freed.add(0L);
      }
      Price price = Price.of(1_000 + 50L * number);
      offer =
          Signed.by(
              key,
              Jobs.DOMAIN,
              new Offer(key.address(), MODEL, price, price, SLOTS, 4_000_000_000_000L));
      statements =
          new Statements(
              new Around(),
              (owner, wire, report) -> tell(owner, report),
              Duration.ofMillis(FIRST_REFUSAL));
      Map<Integer, String> byPartition = new HashMap<>();
      for (int i = 0; i < owners.size(); i++) {
        byPartition.put(i, owners.get(i).name);
      }
      statements.owners(byPartition);
    }

    private double price() {
      return 1_000 + 50.0 * number;
    }

    private int trulyFree() {
      return SLOTS - running.size() - promised;
    }

    private void tell(String name, WorkerReport report) {
      Owner owner =
          owners.stream().filter(each -> each.name.equals(name)).findFirst().orElseThrow();
      tells++;
      send(owner.linkFrom(this), hop(), () -> owner.hears(this, report));
    }

    private void state() {
      List<WorkerReport.Running> stated =
          running.keySet().stream()
              .map(job -> new WorkerReport.Running(job(job), MODEL, job, OptionalInt.of(0)))
              .toList();
      WorkerReport report =
          new WorkerReport(
              List.of(offer), SLOTS - running.size(), stated, false, Set.<ModelId>of());
      SessionRequest wire =
          SessionRequest.newBuilder()
              .setState(WorkerState.newBuilder().setFreeSlots(report.freeSlots()))
              .build();
      send(
          "gateway<" + number,
          hop(),
          () -> {
            statements.stated(wire, report);
            owners.forEach(owner -> statements.tell(owner.name));
          });
    }

    private void granting(Owner owner, Job job) {
      statements.granting(new AttemptKey(job(job.number()), job.number()), owner.name);
    }

    private void assigned(Owner owner, Job job) {
      if (!statements.take(new AttemptKey(job(job.number()), job.number()), owner.name)) {
        declined++;
        promised--;
        released();
        send(owner.linkFrom(this), hop(), () -> owner.declinedBy(this, job));
        return;
      }
      send("gateway>" + number, hop(), () -> starts(owner, job));
    }

    private void starts(Owner owner, Job job) {
      promised--;
      running.put(job.number(), job);
      mostRunning = Math.max(mostRunning, running.size());
      waited += now - job.at();
      paid += price();
      state();
      after(SERVICE / 4 + random.nextInt(SERVICE * 3 / 2), () -> ends(owner, job));
    }

    private void ends(Owner owner, Job job) {
      running.remove(job.number());
      released();
      served++;
      send(
          "gateway<" + number,
          hop(),
          () -> {
            statements.over(new AttemptKey(job(job.number()), job.number()));
            send(owner.linkFrom(this), hop(), () -> owner.served(this, job));
          });
      state();
    }

    /** The owner gives away what it knows of longest. */
    private void promised() {
      promised++;
      freed.pollFirst();
    }

    private void released() {
      if (trulyFree() > 0) {
        freed.addLast(now);
      }
    }

    private long freeSince() {
      return freed.getFirst();
    }

    private JobId job(int number) {
      return ids.computeIfAbsent(number, n -> new JobId(Jobs.hash("job-" + n)));
    }
  }

  private final class Around implements Surroundings {
    @Override
    public Optional<String> elsewhere(int partition) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Set<Integer> partitions(ModelId model) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int partition(ModelId model, JobId job) {
      throw new UnsupportedOperationException();
    }

    @Override
    public OwnerLink open(String owner, PeerStream.Listener listener) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close(OwnerLink link) {}

    @Override
    public void doubtOwners() {}

    @Override
    public void here(Crossing crossing, Heard heard) {}

    @Override
    public void later(Runnable step) {
      step.run();
    }

    @Override
    public void after(Duration delay, Runnable step) {
      HotModelSimulation.this.after(delay.toMillis(), step);
    }

    @Override
    public void forwarded() {}

    @Override
    public void declined() {}

    @Override
    public void lapsed() {
      lapsed++;
    }

    @Override
    public long now() {
      return now;
    }
  }
}
