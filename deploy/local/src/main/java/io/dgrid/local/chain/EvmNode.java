package io.dgrid.local.chain;

import io.dgrid.local.LocalNetworkException;
import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.local.process.ProcessSpec;
import io.dgrid.local.process.Readiness;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How to run the EVM node (anvil) of the local network: one block a second, {@code finalized} eight
 * blocks behind.
 *
 * @param port of the JSON-RPC server on loopback
 * @param chainId as signed into every message
 * @param state file that keeps the chain over restarts, written every two seconds and at the end;
 *     without one a restart begins a new chain
 */
public record EvmNode(int port, long chainId, Optional<Path> state) {
  /** The chain id of the local network. */
  public static final long CHAIN_ID = 31337;

  /** Points at another anvil than the one npm installed. */
  public static final String PROGRAM_VARIABLE = "DGRID_ANVIL";

  public String rpcUrl() {
    return "http://127.0.0.1:" + port;
  }

  /**
   * @param root of the checkout, where npm put the program
   * @throws LocalNetworkException {@code MISSING} when the program is not there
   */
  public ProcessSpec process(String name, Path root, Path directory) {
    List<String> command = new ArrayList<>();
    command.add(locate(root).toString());
    command.addAll(
        List.of(
            "--host",
            "127.0.0.1",
            "--port",
            Integer.toString(port),
            "--chain-id",
            Long.toString(chainId),
            "--block-time",
            "1",
            "--slots-in-an-epoch",
            "4",
            "--enable-tx-gas-limit",
            "--accounts",
            "1",
            "--quiet"));
    state.ifPresent(
        file -> command.addAll(List.of("--state", file.toString(), "--state-interval", "2")));
    return ProcessSpec.of(
            name, command, directory, new Readiness.Probe(() -> EvmRpc.answers(rpcUrl(), chainId)))
        .withTimeouts(Duration.ofSeconds(20), Duration.ofSeconds(5));
  }

  /**
   * The program: {@code DGRID_ANVIL} if set, else the platform's npm package below {@code
   * deploy/local}.
   */
  static Path locate(Path root) {
    String configured = System.getenv(PROGRAM_VARIABLE);
    Path program =
        configured == null || configured.isBlank()
            ? root.resolve(
                "deploy/local/node_modules/@foundry-rs/anvil-" + platform() + "/bin/anvil")
            : Path.of(configured);
    if (!Files.isExecutable(program)) {
      throw new LocalNetworkException(
          Code.MISSING,
          "the EVM node is not installed at "
              + program
              + ": run 'npm ci --ignore-scripts' in deploy/local, or name one with "
              + PROGRAM_VARIABLE);
    }
    return program.toAbsolutePath();
  }

  private static String platform() {
    boolean mac = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    return (mac ? "darwin-" : "linux-") + (arm ? "arm64" : "amd64");
  }
}
