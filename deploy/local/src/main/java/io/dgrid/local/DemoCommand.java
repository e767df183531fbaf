package io.dgrid.local;

import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.local.process.ExitReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * One question on a throw-away network, checked to the last step; leaves nothing behind when it
 * succeeds.
 */
@Command(
    name = "demo",
    description =
        "Starts a throw-away network, asks one question, checks the answer to the last step, stops everything.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--question",
      paramLabel = "TEXT",
      description = "What to ask (default ${DEFAULT-VALUE}).")
  private String question = "What is DGrid?";

  @Override
  public Integer call() throws Exception {
    var progress = new Progress(System.err);
    Path data = Files.createTempDirectory("dgrid-demo-");
    var options = new NetworkOptions(1, 1, 3, data, Ports.from(0), false);
    var death = new CompletableFuture<ExitReport>();
    try (LocalNetwork network =
        LocalNetwork.start(Checkout.root(), options, progress, death::complete)) {
      // Ctrl-C ends the JVM without the end of this block.
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    network.close();
                    deleteTree(data);
                  },
                  "demo-stop"));
      boolean held = run(network, new Demo(network, System.out), death);
      if (!held) {
        progress.line("stop", "a step did not hold; ends of the logs:");
        network.processes().forEach(process -> progress.line("log", process.tail()));
      }
      progress.line("stop", "stopping the network");
      return held ? 0 : Main.FAILED;
    } finally {
      deleteTree(data);
    }
  }

  /** The demo, or the first death of a process, whichever comes first. */
  private boolean run(LocalNetwork network, Demo demo, CompletableFuture<ExitReport> death)
      throws InterruptedException {
    try (var thread = Executors.newVirtualThreadPerTaskExecutor()) {
      var outcome = CompletableFuture.supplyAsync(() -> demo.run(question), thread);
      try {
        CompletableFuture.anyOf(outcome, death).get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException known
            ? known
            : new IllegalStateException(e.getCause());
      }
      if (!outcome.isDone()) {
        thread.shutdownNow();
        throw new LocalNetworkException(Code.PROCESS_DIED, death.join().describe());
      }
      return outcome.join();
    }
  }

  private static void deleteTree(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
