package io.dgrid.local;

import io.dgrid.contracts.Deployment;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.local.Ports.Slot;
import io.dgrid.local.broker.BrokerProcess;
import io.dgrid.local.broker.Topics;
import io.dgrid.local.chain.ChainSetup;
import io.dgrid.local.chain.EvmNode;
import io.dgrid.local.database.EmbeddedDatabase;
import io.dgrid.local.process.ExitReport;
import io.dgrid.local.process.ManagedProcess;
import io.dgrid.local.process.Parallel;
import io.dgrid.local.process.ProcessSpec;
import io.dgrid.local.process.Supervisor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A running network on this machine. {@link #start} returns when everything is ready; {@link
 * #close()} returns when nothing runs any more. Single processes can be killed, frozen and started
 * again through {@link #process(String)}.
 *
 * <p>Names: {@code kafka}, {@code postgres}, {@code chain}, {@code scheduler-N}, {@code
 * settlement}, {@code oracle}, {@code edge-N}, {@code worker-N}, with N from 0.
 */
public final class LocalNetwork implements AutoCloseable {
  private static final String KAFKA = "kafka";
  private static final String POSTGRES = "postgres";
  private static final String CHAIN = "chain";

  private final Path root;
  private final NetworkOptions options;
  private final Progress progress;
  private final KeyFiles keys;
  private final Supervisor supervisor;
  private final FileChannel lock;
  private final EvmNode chain;
  private final CompletableFuture<EmbeddedDatabase> database = new CompletableFuture<>();
  private final CompletableFuture<Deployment> contracts = new CompletableFuture<>();
  private volatile @Nullable String apiKey;

  private LocalNetwork(
      Path root, NetworkOptions options, Progress progress, Consumer<ExitReport> onUnexpectedExit) {
    this.root = root;
    this.options = options;
    this.progress = progress;
    this.lock = lock(options.data());
    this.keys = new KeyFiles(options.data());
    this.supervisor = new Supervisor(options.data().resolve("logs"), onUnexpectedExit);
    this.chain =
        new EvmNode(
            port(Slot.CHAIN),
            EvmNode.CHAIN_ID,
            options.chainPersists()
                ? Optional.of(options.data().resolve("chain.json"))
                : Optional.empty());
  }

  /**
   * Starts a network and waits for it.
   *
   * @param root of the checkout
   * @param onUnexpectedExit called on another thread for each process that ends unasked, also
   *     during the start
   * @throws LocalNetworkException when anything does not start; nothing is left running then
   */
  public static LocalNetwork start(
      Path root, NetworkOptions options, Progress progress, Consumer<ExitReport> onUnexpectedExit) {
    var network = new LocalNetwork(root, options, progress, onUnexpectedExit);
    try {
      network.startAll();
      return network;
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  public NetworkOptions options() {
    return options;
  }

  public KeyFiles keys() {
    return keys;
  }

  /** The contracts of this network. */
  public Deployment contracts() {
    return contracts.join();
  }

  public String chainRpc() {
    return chain.rpcUrl();
  }

  /**
   * @throws IllegalArgumentException when there is no process of that name
   */
  public ManagedProcess process(String name) {
    return supervisor.processes().stream()
        .filter(process -> process.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no process " + name));
  }

  public List<ManagedProcess> processes() {
    return supervisor.processes();
  }

  /** As other programs see this network; process ids are those of now. */
  public NetworkFile describe() {
    List<NetworkFile.Edge> edges =
        IntStream.range(0, options.edges())
            .mapToObj(
                i ->
                    new NetworkFile.Edge(
                        address(Slot.EDGE_GRPC, i), "http://" + address(Slot.EDGE_HTTP, i)))
            .toList();
    List<NetworkFile.Endpoint> schedulers =
        IntStream.range(0, options.schedulers())
            .mapToObj(i -> new NetworkFile.Endpoint(address(Slot.SCHEDULER_GRPC, i)))
            .toList();
    return new NetworkFile(
        edges,
        schedulers,
        new NetworkFile.Endpoint(address(Slot.SETTLEMENT_GRPC, 0)),
        new NetworkFile.Endpoint(address(Slot.ORACLE_GRPC, 0)),
        address(Slot.KAFKA, 0),
        database.join().urlWithCredentials(),
        new NetworkFile.Chain(chain.rpcUrl(), chain.chainId(), contracts.join().addresses()),
        new NetworkFile.Client(
            keys.address("client").toString(), keys.file("client").toString(), apiKey),
        supervisor.processes().stream().map(this::member).toList());
  }

  /** Writes {@code network.json} anew; call after processes were started again. */
  public void publish() {
    describe().write(options.data());
  }

  /** Stops everything: workers, services, then what they need. */
  @Override
  public void close() {
    end(supervisor::close);
  }

  /** Ends everything at once, for those who have no use for its data; the data stays. */
  public void kill() {
    end(supervisor::kill);
  }

  private void end(Runnable processes) {
    try {
      Files.deleteIfExists(NetworkFile.in(options.data()));
    } catch (IOException e) {
      progress.line("stop", "cannot remove network.json: " + e.getMessage());
    }
    processes.run();
    try {
      lock.close();
    } catch (IOException e) {
      throw new LocalNetworkException(
          Code.DATA_DIRECTORY, "releasing the lock: " + e.getMessage(), e);
    }
  }

  private void startAll() {
    long begin = System.nanoTime();
    ServiceCommands.requireBuilt(root);
    Ports.requireFree(neededPorts());
    Parallel.forEach(
        List.<Runnable>of(this::startChain, this::startBroker, this::startDatabase), Runnable::run);
    var commands =
        new ServiceCommands(root, options, keys, database.join(), chain, contracts.join());
    List<ManagedProcess> services = new ArrayList<>();
    services.addAll(supervisor.launch(commands.services()));
    services.addAll(supervisor.launch(commands.workers()));
    supervisor.awaitReady(services, (process, took) -> progress.done(process.name(), took));
    Domain domain =
        new Domain(contracts.join().chainId(), Address.fromHex(contracts.join().settlement()));
    apiKey =
        keys.apiKey(
            () -> ApiKeyClient.create(address(Slot.EDGE_GRPC, 0), keys.key("client"), domain));
    DepositClient.await(address(Slot.EDGE_GRPC, 0), keys.key("client"), domain);
    publish();
    progress.done("network", Duration.ofNanos(System.nanoTime() - begin));
  }

  private void startBroker() {
    startOne(
        BrokerProcess.spec(
            KAFKA,
            port(Slot.KAFKA),
            options.wiring().advertised(port(Slot.KAFKA)),
            port(Slot.KAFKA_CONTROLLER),
            options.data(),
            options.wiring().java(KAFKA, BrokerProcess.java())));
    Topics.createMissing(address(Slot.KAFKA, 0));
  }

  private void startDatabase() {
    EmbeddedDatabase prepared = EmbeddedDatabase.prepare(options.data(), port(Slot.POSTGRES));
    startOne(prepared.process(POSTGRES));
    database.complete(prepared);
  }

  private void startChain() {
    startOne(chain.process(CHAIN, root, options.data()));
    long begin = System.nanoTime();
    var setup = new ChainSetup(chain, options.data().resolve("deployment.json"));
    contracts.complete(
        setup.ensure(
            new ChainSetup.Parties(
                keys.hex("deployer"),
                address("deployer"),
                address("settler"),
                address("oracle"),
                keys.hex("client"),
                address("client"),
                addresses("edge-", options.edges()),
                addresses("worker-", options.workers()))));
    progress.done("contracts", Duration.ofNanos(System.nanoTime() - begin));
  }

  private void startOne(ProcessSpec spec) {
    supervisor.startWave(List.of(spec), (process, took) -> progress.done(process.name(), took));
  }

  private Map<String, Integer> neededPorts() {
    Map<String, Integer> needed = new LinkedHashMap<>();
    needed.put("Kafka broker", port(Slot.KAFKA));
    needed.put("Kafka controller", port(Slot.KAFKA_CONTROLLER));
    needed.put("PostgreSQL", port(Slot.POSTGRES));
    needed.put("EVM node", port(Slot.CHAIN));
    need(needed, "edge", Slot.EDGE_GRPC, Slot.EDGE_HTTP, options.edges());
    need(needed, "scheduler", Slot.SCHEDULER_GRPC, Slot.SCHEDULER_HTTP, options.schedulers());
    need(needed, "settlement", Slot.SETTLEMENT_GRPC, Slot.SETTLEMENT_HTTP, 1);
    need(needed, "oracle", Slot.ORACLE_GRPC, Slot.ORACLE_HTTP, 1);
    for (int i = 0; i < options.workers(); i++) {
      needed.put("worker " + i + ", HTTP", options.ports().of(Slot.WORKER_HTTP, i));
    }
    return needed;
  }

  private void need(Map<String, Integer> needed, String who, Slot grpc, Slot http, int count) {
    for (int i = 0; i < count; i++) {
      needed.put(who + " " + i + ", gRPC", options.ports().of(grpc, i));
      needed.put(who + " " + i + ", HTTP", options.ports().of(http, i));
    }
  }

  private NetworkFile.Member member(ManagedProcess process) {
    boolean worker = process.name().startsWith("worker-");
    return new NetworkFile.Member(
        process.name(), process.pid(), worker ? address(process.name()) : null);
  }

  private String address(String party) {
    return keys.address(party).toString();
  }

  private List<String> addresses(String prefix, int count) {
    return Stream.iterate(0, i -> i + 1).limit(count).map(i -> address(prefix + i)).toList();
  }

  private int port(Slot slot) {
    return options.ports().of(slot);
  }

  private String address(Slot slot, int index) {
    return "127.0.0.1:" + options.ports().of(slot, index);
  }

  private static FileChannel lock(Path data) {
    try {
      Files.createDirectories(data);
      FileChannel channel =
          FileChannel.open(
              data.resolve("network.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      @Nullable FileLock held = null;
      try {
        held = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        // Held by this very JVM: the same answer.
      }
      if (held == null) {
        channel.close();
        throw new LocalNetworkException(
            Code.DATA_DIRECTORY,
            "another network runs on " + data + "; choose another directory with --data DIR");
      }
      return channel;
    } catch (IOException e) {
      throw new LocalNetworkException(
          Code.DATA_DIRECTORY, "cannot use " + data + ": " + e.getMessage(), e);
    }
  }
}
