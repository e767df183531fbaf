package io.dgrid.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A throw-away EVM node on a free loopback port. */
final class AnvilNode implements AutoCloseable {
  /** The first account of anvil's public test mnemonic; it has ether on every fresh node. */
  static final String DEPLOYER_KEY =
      "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

  private static final Pattern LISTENING = Pattern.compile("Listening on (127\\.0\\.0\\.1:\\d+)");
  private static final long START_SECONDS = 20;
  private static final long INSTALL_SECONDS = 180;

  private final Process process;
  private final URI rpc;

  private AnvilNode(Process process, URI rpc) {
    this.process = process;
    this.rpc = rpc;
  }

  URI rpc() {
    return rpc;
  }

  /**
   * The binary of npm's package for this system; installs it once when npm is there, empty when it
   * is not.
   */
  static Optional<Path> binary() throws IOException, InterruptedException {
    Path module = Path.of("").toAbsolutePath();
    Path root = module.getParent();
    Optional<Path> found = find(root.resolve("deploy/local")).or(() -> find(module));
    if (found.isPresent()) {
      return found;
    }
    try {
      Process npm =
          new ProcessBuilder("npm", "ci", "--ignore-scripts")
              .directory(module.toFile())
              .inheritIO()
              .start();
      if (!npm.waitFor(INSTALL_SECONDS, TimeUnit.SECONDS)) {
        npm.destroyForcibly();
        return Optional.empty();
      }
    } catch (IOException noNpm) {
      return Optional.empty();
    }
    return find(module);
  }

  static AnvilNode start(Path binary) throws Exception {
    Process process =
        new ProcessBuilder(
                binary.toString(),
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--enable-tx-gas-limit",
                "--slots-in-an-epoch",
                "4")
            .redirectErrorStream(true)
            .start();
    var address = new CompletableFuture<String>();
    Thread.ofVirtual().start(() -> drain(process, address));
    try {
      return new AnvilNode(
          process, URI.create("http://" + address.get(START_SECONDS, TimeUnit.SECONDS)));
    } catch (TimeoutException | ExecutionException e) {
      process.destroyForcibly();
      throw new IllegalStateException("anvil did not start", e);
    }
  }

  private static void drain(Process process, CompletableFuture<String> address) {
    try (var output = process.inputReader(UTF_8)) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        Matcher matcher = LISTENING.matcher(line);
        if (matcher.find()) {
          address.complete(matcher.group(1));
        }
      }
      address.completeExceptionally(new IllegalStateException("anvil ended"));
    } catch (IOException e) {
      address.completeExceptionally(e);
    }
  }

  private static Optional<Path> find(Path folder) {
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    boolean mac = System.getProperty("os.name").startsWith("Mac");
    String system = (mac ? "darwin" : "linux") + (arm ? "-arm64" : "-amd64");
    Path binary = folder.resolve("node_modules/@foundry-rs/anvil-" + system + "/bin/anvil");
    return Optional.of(binary).filter(Files::isExecutable);
  }

  @Override
  public void close() {
    process.destroy();
  }
}
