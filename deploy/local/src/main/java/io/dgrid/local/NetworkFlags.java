package io.dgrid.local;

import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The flags of {@code up}. */
final class NetworkFlags {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--edges",
      paramLabel = "N",
      description = "Edges, 1 to 10 (default ${DEFAULT-VALUE}).")
  private int edges = 1;

  @Option(
      names = "--schedulers",
      paramLabel = "N",
      description = "Schedulers, 1 to 10 (default ${DEFAULT-VALUE}).")
  private int schedulers = 1;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Workers with the demo model, 0 to 50 (default ${DEFAULT-VALUE}).")
  private int workers = 3;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "What the network keeps (default ${DEFAULT-VALUE}).")
  private Path data = NetworkOptions.DEFAULT_DATA;

  @Option(
      names = "--port-base",
      paramLabel = "N",
      description =
          "Use the 100 ports from N on; 0 picks free ones (default: 9000, 8080, 9092, 8545, ...).")
  private int portBase = -1;

  NetworkOptions options() {
    try {
      Ports ports = portBase < 0 ? Ports.standard() : Ports.from(portBase);
      return new NetworkOptions(edges, schedulers, workers, data, ports, true);
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage());
    }
  }
}
