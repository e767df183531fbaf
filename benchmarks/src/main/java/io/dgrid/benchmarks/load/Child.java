package io.dgrid.benchmarks.load;

import io.dgrid.local.process.JavaCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A part of the benchmark in a process of its own, so that its processor time can be told apart.
 */
record Child(Process process, int port) implements AutoCloseable {

  /** Starts this program with the given arguments and waits for the port it prints. */
  static Child start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(JavaCommand.computing(256));
    command.addAll(List.of("-cp", JavaCommand.classPath(), Load.class.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    var out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    if (line == null) {
      throw new IOException("no port from " + String.join(" ", arguments));
    }
    return new Child(process, Integer.parseInt(line));
  }

  @Override
  public void close() {
    process.destroy();
  }
}
