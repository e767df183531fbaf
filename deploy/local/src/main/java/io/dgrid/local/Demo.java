package io.dgrid.local;

import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.local.process.JavaCommand;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The demo's script: the same commands a person would type, on the network that is given. */
final class Demo {
  private final LocalNetwork network;
  private final PrintStream out;

  Demo(LocalNetwork network, PrintStream out) {
    this.network = network;
    this.out = out;
  }

  /** Runs each step and prints it as it becomes true; false when one did not hold. */
  boolean run(String question) {
    Path root = Checkout.root();
    Path data = network.options().data();
    out.println();
    out.println("> " + question);
    return command(root, data, "demo-script", question) == 0;
  }

  private int command(Path root, Path data, String... arguments) {
    Path jar = root.resolve("cli/target/dgrid-cli.jar");
    if (!Files.exists(jar)) {
      throw new LocalNetworkException(Code.MISSING, "the command line is not built: " + jar);
    }
    List<String> command = new ArrayList<>(JavaCommand.small(128));
    command.addAll(
        List.of("-cp", jar + ":" + root.resolve("cli/target/lib") + "/*", "io.dgrid.cli.Main"));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--data", data.toString()));
    try {
      Process process = new ProcessBuilder(command).inheritIO().start();
      try {
        return process.waitFor();
      } catch (InterruptedException e) {
        process.destroy();
        Thread.currentThread().interrupt();
        return Main.FAILED;
      }
    } catch (IOException e) {
      throw new LocalNetworkException(
          Code.MISSING, "cannot run the command line: " + e.getMessage(), e);
    }
  }
}
