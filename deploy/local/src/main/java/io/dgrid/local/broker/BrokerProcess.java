package io.dgrid.local.broker;

import io.dgrid.local.Checkout;
import io.dgrid.local.process.JavaCommand;
import io.dgrid.local.process.ProcessSpec;
import io.dgrid.local.process.Readiness;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How to run the broker as a process of its own. */
public final class BrokerProcess {
  private static final int HEAP_MEGABYTES = 160;

  private BrokerProcess() {}

  /** Its clients find it where it listens. */
  public static ProcessSpec spec(String name, int port, int controllerPort, Path data) {
    return spec(name, port, port, controllerPort, data, java());
  }

  /** The JVM it runs on unless something else is asked for. */
  public static List<String> java() {
    return JavaCommand.small(HEAP_MEGABYTES);
  }

  /**
   * @param advertised the port it names to its clients; something there hands on to {@code port}
   * @param java program and options of its JVM
   */
  public static ProcessSpec spec(
      String name, int port, int advertised, int controllerPort, Path data, List<String> java) {
    List<String> command = new ArrayList<>(java);
    command.addAll(
        List.of(
            "-cp",
            classPath(),
            BrokerMain.class.getName(),
            "--port",
            Integer.toString(port),
            "--advertised-port",
            Integer.toString(advertised),
            "--controller-port",
            Integer.toString(controllerPort),
            "--data",
            data.toAbsolutePath().toString()));
    return ProcessSpec.of(
            name,
            command,
            data.toAbsolutePath(),
            new Readiness.Probe(() -> BrokerProbe.answers(port)))
        .withTimeouts(Duration.ofSeconds(120), Duration.ofSeconds(10));
  }

  /**
   * As packaged, where it is packaged: a test or a benchmark may bring another backend of logging,
   * for which Kafka would format all that it traces.
   */
  private static String classPath() {
    Path target = Checkout.root().resolve("deploy/local/target");
    Path jar = target.resolve("dgrid-local.jar");
    Path libraries = target.resolve("lib");
    return Files.exists(jar) && Files.isDirectory(libraries)
        ? jar + File.pathSeparator + libraries.resolve("*")
        : JavaCommand.classPath();
  }
}
