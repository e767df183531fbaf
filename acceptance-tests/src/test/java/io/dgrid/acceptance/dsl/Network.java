package io.dgrid.acceptance.dsl;

import io.dgrid.cli.chain.RpcChain;
import io.dgrid.cli.client.EdgeClient;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.local.Checkout;
import io.dgrid.local.LocalNetwork;
import io.dgrid.local.NetworkFile;
import io.dgrid.local.NetworkOptions;
import io.dgrid.local.Ports;
import io.dgrid.local.Progress;
import io.dgrid.local.Wiring;
import io.dgrid.local.process.ExitReport;
import io.dgrid.local.process.ManagedProcess;
import io.dgrid.transport.codec.OfferCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A whole network on real parts: edges, schedulers, workers, oracle, settlement, chain. */
public final class Network implements AutoCloseable {
  private static final int EDGES = 2;
  private static final int SCHEDULERS = 3;
  private static final int WORKERS = 4;

  private final LocalNetwork local;
  private final EdgeClient edge;
  private final io.dgrid.cli.client.Network terms;
  private final Queue<ExitReport> deaths;
  private final Spans spans;

  private Network(LocalNetwork local, Queue<ExitReport> deaths, Spans spans) {
    this.local = local;
    this.deaths = deaths;
    this.spans = spans;
    edge = new EdgeClient(describe().edges().getFirst().grpc());
    terms = edge.network();
  }

  static Network start() {
    Path data = FreshFolder.at(Checkout.root().resolve("acceptance-tests/target/network"));
    Queue<ExitReport> deaths = new ConcurrentLinkedQueue<>();
    Spans spans = Spans.collect();
    var options =
        new NetworkOptions(
            EDGES, SCHEDULERS, WORKERS, data, Ports.from(0), true, tracedTo(spans.endpoint()));
    LocalNetwork local =
        LocalNetwork.start(Checkout.root(), options, new Progress(System.out), deaths::add);
    Network network = new Network(local, deaths, spans);
    network.workers().forEach(Worker::waitUntilItOffers);
    return network;
  }

  /** Traced as {@code docs/operate/tracing.md} says, and quick where a person would not mind. */
  private static Wiring tracedTo(String collector) {
    return new Wiring() {
      @Override
      public Map<String, String> settings(String process, Map<String, String> settings) {
        Map<String, String> traced = new LinkedHashMap<>(settings);
        traced.put("quarkus.otel.sdk.disabled", "false");
        traced.put("quarkus.otel.exporter.otlp.endpoint", collector);
        traced.computeIfPresent("dgrid.settlement.batch.max-age", (key, usual) -> "300ms");
        if (process.startsWith("edge-")) {
          traced.put("dgrid.edge.timeouts.drain", "3s");
        }
        return traced;
      }
    };
  }

  /** What the services tell of their work. */
  public Spans spans() {
    return spans;
  }

  /** The client that has money in the escrow. */
  public Client client() {
    try {
      return new Client(this, SigningKey.read(local.keys().file("client")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A client nobody has seen before, without money. */
  public Client stranger() {
    return new Client(this, SigningKey.random());
  }

  /** Worker 0 is the cheapest, each next one is dearer. */
  public Worker worker(int index) {
    String name = "worker-" + index;
    return new Worker(this, process(name), local.keys().address(name));
  }

  /** From the cheapest to the dearest. */
  public List<Worker> workers() {
    return IntStream.range(0, local.options().workers()).mapToObj(this::worker).toList();
  }

  public List<Scheduler> schedulers() {
    return IntStream.range(0, local.options().schedulers())
        .mapToObj(
            i ->
                new Scheduler(
                    process("scheduler-" + i),
                    describe().schedulers().get(i).grpc(),
                    internalToken()))
        .toList();
  }

  /** The scheduler that owns the only model: waits while nobody does. */
  public Scheduler owner() {
    return Eventually.comes("owner of the model", () -> owners().findFirst());
  }

  /** Waits until every scheduler and every worker is back, and one of them owns the model. */
  public void waitUntilWhole() {
    schedulers().forEach(Part::startsAgain);
    workers().forEach(Worker::startsAgain);
    Eventually.holds("one owner of all offers", () -> owners().count() == 1);
  }

  private Stream<Scheduler> owners() {
    int all = local.options().workers();
    return schedulers().stream().filter(scheduler -> scheduler.books().size() == all);
  }

  public Worker cheapestWorker() {
    return worker(0);
  }

  /** The last worker sells the model and runs other weights, cheaper than everybody else. */
  public Liar liarWith(String weights) {
    Path file =
        Checkout.root().resolve("acceptance-tests/src/test/resources/models").resolve(weights);
    return Liar.insteadOf(worker(local.options().workers() - 1), file, data().resolve("logs"));
  }

  public Part broker() {
    return new Part(process("kafka"));
  }

  public Part firstEdge() {
    return edges().getFirst();
  }

  public List<Part> edges() {
    return IntStream.range(0, local.options().edges())
        .mapToObj(i -> new Part(process("edge-" + i)))
        .toList();
  }

  /** Another edge than the first one. */
  public OtherEdge anotherEdge() {
    return new OtherEdge(firstEdge(), edge, describe().edges().getLast().grpc());
  }

  public Part database() {
    return new Part(process("postgres"));
  }

  public Part evmNode() {
    return new Part(process("chain"));
  }

  public Part settlement() {
    return new Part(process("settlement"));
  }

  /** A settlement with other settings, in the place of the good one. */
  public Substitute settlementWith(String setting, String value) {
    return Substitute.of(
        settlement(), "settlement-misled", Map.of(setting, value), data().resolve("logs"));
  }

  /** A worker with other weights, in the place of the last one. */
  public Substitute workerWith(Path weights) {
    return Substitute.of(
        worker(local.options().workers() - 1),
        "worker-broken",
        Map.of("dgrid.worker.embedded.weights", weights.toString()),
        data().resolve("logs"));
  }

  /** Runs a scenario without any worker. */
  public void withoutWorkers(Runnable scenario) {
    List<Worker> workers = workers();
    try {
      workers.forEach(Part::leaves);
      Eventually.holds("end of all offers", () -> edge.offers().isEmpty());
      scenario.run();
    } finally {
      workers.forEach(Part::starts);
      workers.forEach(Worker::startsAgain);
    }
  }

  /** The gRPC door without a careful client in front of it. */
  public RawDoor rawDoor() {
    return new RawDoor(describe().edges().getFirst().grpc());
  }

  /** The OpenAI-shaped door. */
  public HttpDoor httpDoor() {
    return new HttpDoor(describe().edges().getFirst().http());
  }

  /** The funded client's API key. */
  public String apiKey() {
    return Objects.requireNonNull(describe().client().apiKey());
  }

  public String modelName() {
    return edge.models().getFirst().getName();
  }

  /** The lowest maximum price any offer accepts: each bounds input and output price at once. */
  public Price cheapestPrice() {
    return edge.offers().stream()
        .map(o -> OfferCodec.fromWire(o.getOffer()).statement().pricing().highest())
        .min(Price::compareTo)
        .orElseThrow();
  }

  public Money money(Client client) {
    var chain = new RpcChain(URI.create(local.chainRpc()));
    Address settlement = terms.domain().settlement();
    List<Address> nodes = workers().stream().map(Worker::address).toList();
    return Money.read(chain, settlement, client.address(), nodes);
  }

  /** The protocol's part of a payment, rounded down. */
  public BigInteger feeOf(BigInteger payment) {
    return payment
        .multiply(BigInteger.valueOf(terms.feeBasisPoints()))
        .divide(BigInteger.valueOf(10_000));
  }

  /** Process name to id, of everything but one. */
  public Map<String, Long> pidsWithout(Part one) {
    return local.processes().stream()
        .filter(process -> process != one.process())
        .collect(Collectors.toMap(ManagedProcess::name, ManagedProcess::pid));
  }

  /** Starts what a scenario ended and did not start again; their names. */
  List<String> startsWhatIsMissing() {
    List<ManagedProcess> missing =
        local.processes().stream().filter(process -> !process.isAlive()).toList();
    missing.forEach(ManagedProcess::start);
    missing.forEach(ManagedProcess::awaitReady);
    return missing.stream().map(ManagedProcess::name).toList();
  }

  /** Processes that ended although no scenario ended them. */
  public List<ExitReport> unexpectedDeaths() {
    return List.copyOf(deaths);
  }

  public NetworkFile describe() {
    return local.describe();
  }

  public RpcChain chain() {
    return new RpcChain(URI.create(local.chainRpc()));
  }

  /** What the words stand on. */
  public LocalNetwork local() {
    return local;
  }

  EdgeClient edge() {
    return edge;
  }

  io.dgrid.cli.client.Network terms() {
    return terms;
  }

  Path data() {
    return local.options().data();
  }

  private String internalToken() {
    try {
      return Files.readString(data().resolve("keys").resolve("internal.token"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ManagedProcess process(String name) {
    return local.process(name);
  }

  @Override
  public void close() {
    edge.close();
    local.kill();
    spans.close();
    deaths.forEach(death -> System.err.println("unexpected: " + death.describe()));
  }
}
