package io.dgrid.local;

import io.dgrid.contracts.Deployment;
import io.dgrid.contracts.DeploymentParameters;
import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.local.Ports.Slot;
import io.dgrid.local.chain.EvmNode;
import io.dgrid.local.database.EmbeddedDatabase;
import io.dgrid.local.process.JavaCommand;
import io.dgrid.local.process.ProcessSpec;
import io.dgrid.local.process.Readiness;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The command line of every service. The only place that knows the services' setting names. */
final class ServiceCommands {
  private static final String JAR = "target/quarkus-app/quarkus-run.jar";
  private static final List<String> MODULES =
      List.of("rpc-edge", "scheduler", "worker-agent", "quality-oracle", "settlement");
  private static final Duration START_TIMEOUT = Duration.ofSeconds(180);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(12);
  private static final int SERVICE_HEAP_MEGABYTES = 128;
  private static final int WORKER_HEAP_MEGABYTES = 192;
  // Smallest units per million tokens; the first worker is the cheapest, each next one dearer by
  // half a token.
  private static final BigInteger HALF_TOKEN = BigInteger.TEN.pow(18).shiftRight(1);

  private final Path root;
  private final NetworkOptions options;
  private final KeyFiles keys;
  private final EmbeddedDatabase database;
  private final EvmNode chain;
  private final Deployment contracts;

  ServiceCommands(
      Path root,
      NetworkOptions options,
      KeyFiles keys,
      EmbeddedDatabase database,
      EvmNode chain,
      Deployment contracts) {
    this.root = root;
    this.options = options;
    this.keys = keys;
    this.database = database;
    this.chain = chain;
    this.contracts = contracts;
  }

  /**
   * @throws LocalNetworkException {@code MISSING} naming the modules that are not built
   */
  static void requireBuilt(Path root) {
    List<String> absent =
        MODULES.stream().filter(m -> !Files.exists(root.resolve(m).resolve(JAR))).toList();
    if (!absent.isEmpty()) {
      throw new LocalNetworkException(
          Code.MISSING, "not built yet: " + String.join(", ", absent) + "; ./dgrid builds them");
    }
  }

  /** Control plane: everything but the workers. */
  List<ProcessSpec> services() {
    List<ProcessSpec> specs = new ArrayList<>();
    IntStream.range(0, options.schedulers()).forEach(i -> specs.add(scheduler(i)));
    specs.add(settlement());
    specs.add(oracle());
    IntStream.range(0, options.edges()).forEach(i -> specs.add(edge(i)));
    return specs;
  }

  List<ProcessSpec> workers() {
    return IntStream.range(0, options.workers()).mapToObj(this::worker).toList();
  }

  private ProcessSpec scheduler(int index) {
    Map<String, String> settings = new LinkedHashMap<>();
    server(settings, port(Slot.SCHEDULER_GRPC, index), port(Slot.SCHEDULER_HTTP, index));
    kafka(settings);
    domain(settings);
    settings.put("dgrid.scheduler.advertised-address", address(Slot.SCHEDULER_GRPC, index));
    settings.put("dgrid.scheduler.log.session-timeout", "3s");
    settings.put("dgrid.scheduler.oracle-address", keys.address("oracle").toString());
    return service("scheduler-" + index, "scheduler", port(Slot.SCHEDULER_HTTP, index), settings);
  }

  private ProcessSpec settlement() {
    Map<String, String> settings = new LinkedHashMap<>();
    server(settings, port(Slot.SETTLEMENT_GRPC, 0), port(Slot.SETTLEMENT_HTTP, 0));
    kafka(settings);
    database(settings);
    domain(settings);
    chain(settings);
    settings.put("dgrid.settlement.key-file", keys.file("settler").toString());
    // A person who watches does not wait ten seconds for a batch of one.
    settings.put("dgrid.settlement.batch.max-age", "2s");
    settings.put(
        "dgrid.settlement.data-directory", options.data().resolve("settlement").toString());
    return service("settlement", "settlement", port(Slot.SETTLEMENT_HTTP, 0), settings);
  }

  private ProcessSpec oracle() {
    Map<String, String> settings = new LinkedHashMap<>();
    server(settings, port(Slot.ORACLE_GRPC, 0), port(Slot.ORACLE_HTTP, 0));
    kafka(settings);
    database(settings);
    domain(settings);
    settings.put("dgrid.oracle.key-file", keys.file("oracle").toString());
    settings.put("dgrid.oracle.schedulers", addresses(Slot.SCHEDULER_GRPC, options.schedulers()));
    settings.put("dgrid.oracle.sample-rate", "1.0");
    settings.put("dgrid.catalogue.directory", catalogue());
    return service("oracle", "quality-oracle", port(Slot.ORACLE_HTTP, 0), settings);
  }

  private ProcessSpec edge(int index) {
    Map<String, String> settings = new LinkedHashMap<>();
    server(settings, port(Slot.EDGE_GRPC, index), port(Slot.EDGE_HTTP, index));
    kafka(settings);
    database(settings);
    domain(settings);
    settings.put("dgrid.edge.key-file", keys.file("edge-" + index).toString());
    settings.put("dgrid.edge.relay-address", address(Slot.EDGE_GRPC, index));
    settings.put("dgrid.edge.schedulers", addresses(Slot.SCHEDULER_GRPC, options.schedulers()));
    settings.put("dgrid.edge.settlement", address(Slot.SETTLEMENT_GRPC, 0));
    settings.put("dgrid.edge.oracle-address", keys.address("oracle").toString());
    contracts
        .addresses()
        .forEach((name, address) -> settings.put("dgrid.edge.contracts." + name, address));
    settings.put(
        "dgrid.edge.fee-basis-points", Integer.toString(DeploymentParameters.LOCAL_FEE_BPS));
    settings.put("dgrid.catalogue.directory", catalogue());
    return service("edge-" + index, "rpc-edge", port(Slot.EDGE_HTTP, index), settings);
  }

  private ProcessSpec worker(int index) {
    Map<String, String> settings = new LinkedHashMap<>();
    http(settings, port(Slot.WORKER_HTTP, index));
    domain(settings);
    BigInteger price = HALF_TOKEN.multiply(BigInteger.valueOf(index + 2L));
    settings.put("dgrid.worker.name", "worker-" + index);
    settings.put("dgrid.worker.key-file", keys.file("worker-" + index).toString());
    settings.put("dgrid.worker.schedulers", schedulersFrom(index));
    settings.put(
        "dgrid.worker.data-directory", options.data().resolve("worker-" + index).toString());
    settings.put("dgrid.worker.price-input", price.toString());
    settings.put("dgrid.worker.price-output", price.shiftLeft(1).toString());
    settings.put("dgrid.catalogue.directory", catalogue());
    return spec(
        "worker-" + index,
        "worker-agent",
        port(Slot.WORKER_HTTP, index),
        JavaCommand.computing(WORKER_HEAP_MEGABYTES),
        settings);
  }

  private ProcessSpec service(
      String name, String module, int httpPort, Map<String, String> settings) {
    return spec(name, module, httpPort, JavaCommand.small(SERVICE_HEAP_MEGABYTES), settings);
  }

  private ProcessSpec spec(
      String name, String module, int httpPort, List<String> java, Map<String, String> settings) {
    List<String> command = new ArrayList<>(options.wiring().java(name, java));
    Path jar = root.resolve(module).resolve(JAR);
    options
        .wiring()
        .settings(name, Collections.unmodifiableMap(settings))
        .forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-jar", jar.toString()));
    var ready =
        new Readiness.HttpOk(URI.create("http://127.0.0.1:" + httpPort + "/q/health/ready"));
    return ProcessSpec.of(name, command, options.data(), ready)
        .withTimeouts(START_TIMEOUT, STOP_TIMEOUT);
  }

  /** All schedulers; each worker dials another one first. */
  private String schedulersFrom(int first) {
    int count = options.schedulers();
    return String.join(
        ",",
        IntStream.range(first, first + count)
            .mapToObj(i -> address(Slot.SCHEDULER_GRPC, i % count))
            .toList());
  }

  private static void server(Map<String, String> settings, int grpcPort, int httpPort) {
    http(settings, httpPort);
    settings.put("quarkus.grpc.server.host", "127.0.0.1");
    settings.put("quarkus.grpc.server.port", Integer.toString(grpcPort));
  }

  private static void http(Map<String, String> settings, int httpPort) {
    settings.put("quarkus.http.host", "127.0.0.1");
    settings.put("quarkus.http.port", Integer.toString(httpPort));
  }

  private void kafka(Map<String, String> settings) {
    settings.put("kafka.bootstrap.servers", address(Slot.KAFKA, 0));
  }

  private void database(Map<String, String> settings) {
    settings.put("quarkus.datasource.reactive.url", database.url());
    settings.put("quarkus.datasource.jdbc.url", database.jdbcUrl());
    settings.put("quarkus.datasource.username", EmbeddedDatabase.USER);
    settings.put("quarkus.datasource.password", EmbeddedDatabase.PASSWORD);
  }

  /** The signing domain and the secret that services show each other. */
  private void domain(Map<String, String> settings) {
    settings.put("dgrid.chain.id", Long.toString(contracts.chainId()));
    settings.put("dgrid.chain.settlement-address", contracts.settlement());
    settings.put("dgrid.internal.token-file", keys.internalToken().toString());
  }

  /** For the one service that speaks to the chain. */
  private void chain(Map<String, String> settings) {
    settings.put("dgrid.chain.rpc", chain.rpcUrl());
    settings.put("dgrid.chain.deploy-block", Long.toString(contracts.deployBlock()));
    settings.put("dgrid.chain.token-address", contracts.token());
    settings.put("dgrid.chain.escrow-address", contracts.escrow());
    settings.put("dgrid.chain.node-registry-address", contracts.nodeRegistry());
  }

  private String catalogue() {
    return root.resolve("deploy/local/catalogue").toString();
  }

  private int port(Slot slot, int index) {
    return options.ports().of(slot, index);
  }

  private String address(Slot slot, int index) {
    return "127.0.0.1:" + port(slot, index);
  }

  private String addresses(Slot slot, int count) {
    return String.join(",", IntStream.range(0, count).mapToObj(i -> address(slot, i)).toList());
  }
}
