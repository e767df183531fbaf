package io.dgrid.settlement;

import io.dgrid.local.process.JavaCommand;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged service as a process of its own, so that it can really crash. */
final class SettlementProcess implements AutoCloseable {
  private final Map<String, String> settings;
  private final Path log;
  private final int httpPort;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private Process process;

  SettlementProcess(Map<String, String> settings, int httpPort, Path log) {
    this.settings = settings;
    this.httpPort = httpPort;
    this.log = log;
  }

  void start() throws IOException {
    List<String> command = new ArrayList<>(JavaCommand.computing(256));
    settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.add("-jar");
    command.add(Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath().toString());
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    Eventually.eventually(
        "settlement answers", Duration.ofSeconds(180), () -> !readiness().isEmpty());
  }

  /** Body of the readiness probe, also when it is down; empty while nothing answers. */
  String readiness() {
    return get("/q/health/ready");
  }

  String metrics() {
    return get("/q/metrics");
  }

  private String get(String path) {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException notYet) {
      if (process != null && !process.isAlive()) {
        throw new IllegalStateException("settlement ended, see " + log, notYet);
      }
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** As a power cut would. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    if (process == null) {
      return;
    }
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
