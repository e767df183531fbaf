package io.dgrid.cli;

import io.dgrid.cli.client.Network;
import io.dgrid.core.identity.Address;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One worker agent on this host, in the foreground; a stop of this command drains it. What a guest
 * lacks is named before the agent starts.
 */
@Command(
    name = "worker",
    description = "Run one worker agent on this host.",
    mixinStandardHelpOptions = true)
final class WorkerCommand implements Callable<Integer> {
  private static final int DRAIN_SECONDS = 30;

  private final Output output;

  @Mixin final Connection connection = new Connection();

  @Option(
      names = "--rpc",
      paramLabel = "URL",
      description = "Chain endpoint, to look after the stake; default: the one in network.json.")
  @Nullable URI rpc;

  @Option(
      names = "--scheduler",
      paramLabel = "HOST:PORT",
      split = ",",
      description = "Schedulers to dial; default: those in network.json.")
  List<String> schedulers = List.of();

  @Option(names = "--engine", paramLabel = "KIND", description = "embedded (default) or openai.")
  String engine = "embedded";

  @Option(names = "--engine-url", paramLabel = "URL", description = "Server of the openai engine.")
  @Nullable String engineUrl;

  @Option(names = "--model", paramLabel = "NAME", description = "Catalogue name of the model.")
  String model = "dgrid/demo-1m";

  @Option(
      names = "--price-input",
      paramLabel = "UNITS",
      required = true,
      description = "Smallest units per million input tokens.")
  @SuppressWarnings("NullAway.Init")
  String priceInput;

  @Option(
      names = "--price-output",
      paramLabel = "UNITS",
      required = true,
      description = "Smallest units per million output tokens.")
  @SuppressWarnings("NullAway.Init")
  String priceOutput;

  @Option(
      names = "--unstaked",
      description = "Start without the registry's minimum stake; schedulers may refuse the node.")
  boolean unstaked;

  @Option(names = "--slots", paramLabel = "N", description = "Attempts at once (default: 2).")
  int slots = 2;

  @Option(names = "--name", paramLabel = "NAME", description = "Name of this process.")
  @Nullable String name;

  @Option(
      names = "--catalogue",
      paramLabel = "DIR",
      description = "Model catalogue; default: the one of this checkout.")
  @Nullable Path catalogue;

  WorkerCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path root = root();
    Path jar = root.resolve("worker-agent/target/quarkus-app/quarkus-run.jar");
    if (!Files.exists(jar)) {
      throw new UnreachableException("the worker agent is not built: " + jar + " is not there");
    }
    List<String> command;
    try (connection) {
      command = command(root, jar);
    }
    Process process = new ProcessBuilder(command).inheritIO().start();
    Thread drain = new Thread(() -> stop(process), "drain");
    Runtime.getRuntime().addShutdownHook(drain);
    return process.waitFor();
  }

  private List<String> command(Path root, Path jar) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    settings(root).forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-jar", jar.toString()));
    return command;
  }

  private Map<String, String> settings(Path root) {
    NetworkFile file = connection.file();
    List<String> dial = schedulers.isEmpty() ? file.schedulers() : schedulers;
    if (dial.isEmpty()) {
      throw new UnreachableException("no scheduler: name one with --scheduler HOST:PORT");
    }
    Path models = Optional.ofNullable(catalogue).orElse(root.resolve("deploy/local/catalogue"));
    WorkerChecks checks = new WorkerChecks(output, connection);
    Network network = connection.network();
    checks.requireModel(models, model, engine);
    Path key = NodeAccounts.keyFile(connection);
    Address node = checks.nodeOf(key);
    if (!unstaked) {
      checks.requireStake(NodeAccounts.rpc(connection, rpc), network, node);
    }
    WorkerChecks.requireAnswer(dial);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("dgrid.worker.schedulers", String.join(",", dial));
    settings.put("dgrid.worker.key-file", key.toAbsolutePath().toString());
    settings.put(
        "dgrid.worker.data-directory",
        connection.data.resolve("workers").resolve(key.getFileName()).toAbsolutePath().toString());
    settings.put("dgrid.worker.engine", engine.toLowerCase(Locale.ROOT));
    settings.put("dgrid.worker.model", model);
    settings.put("dgrid.worker.price-input", priceInput);
    settings.put("dgrid.worker.price-output", priceOutput);
    settings.put("dgrid.worker.slots", Integer.toString(slots));
    if (name != null) {
      settings.put("dgrid.worker.name", name);
    }
    if (engineUrl != null) {
      settings.put("dgrid.worker.openai.url", engineUrl);
    }
    settings.put("dgrid.catalogue.directory", models.toAbsolutePath().toString());
    settings.put("dgrid.chain.id", Long.toString(network.domain().chainId()));
    settings.put("dgrid.chain.settlement-address", network.domain().settlement().toString());
    // Nobody calls a worker; health and metrics take any free port.
    settings.put("quarkus.http.port", "0");
    return settings;
  }

  private void stop(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(DRAIN_SECONDS, TimeUnit.SECONDS)) {
        output.error("the worker did not drain in time");
        process.destroyForcibly();
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static Path root() {
    return Path.of(System.getProperty("dgrid.root", "."));
  }
}
