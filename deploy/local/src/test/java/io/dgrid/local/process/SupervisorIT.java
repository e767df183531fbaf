package io.dgrid.local.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.local.LocalNetworkException;
import io.dgrid.local.LocalNetworkException.Code;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisorIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;

  private final CompletableFuture<ExitReport> unexpected = new CompletableFuture<>();

  @Test
  void childThatDiesIsReportedWithExitCodeAndTheEndOfItsLog() throws Exception {
    Path go = folder.resolve("go");
    try (var supervisor = supervisor()) {
      String script =
          "i=0; while [ $i -lt 50 ]; do echo line $i; i=$((i+1)); done; until [ -e "
              + go
              + " ]; do sleep 0.02; done; exit 7";
      start(supervisor, shell("doomed", script));
      Files.createFile(go);

      ExitReport report = unexpected.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

      assertThat(report.name()).isEqualTo("doomed");
      assertThat(report.exitCode()).isEqualTo(7);
      assertThat(report.logTail()).hasSize(30).endsWith("line 49").startsWith("line 20");
      assertThat(report.describe()).contains("doomed", "exit code 7", "line 49");
    }
  }

  @Test
  void childThatDiesWhileStartingFailsTheStartAtOnceAndWithItsLog() {
    try (var supervisor = supervisor()) {
      ProcessSpec never =
          new ProcessSpec(
              "broken",
              List.of("sh", "-c", "echo cannot open the database; exit 3"),
              java.util.Map.of(),
              folder,
              new Readiness.Probe(() -> false),
              Duration.ofMinutes(5),
              Duration.ofSeconds(2),
              ProcessSpec.Signal.TERM,
              () -> {});
      ProcessSpec patient =
          ProcessSpec.of(
                  "patient", List.of("sleep", "600"), folder, new Readiness.Probe(() -> false))
              .withTimeouts(Duration.ofMinutes(5), Duration.ofSeconds(2));

      assertThatThrownBy(() -> supervisor.startWave(List.of(patient, never), (p, d) -> {}))
          .isInstanceOfSatisfying(
              LocalNetworkException.class,
              failure -> assertThat(failure.code()).isEqualTo(Code.PROCESS_DIED))
          .hasMessageContaining("broken")
          .hasMessageContaining("exit code 3")
          .hasMessageContaining("cannot open the database");
    }
  }

  @Test
  void childThatIsNeverReadyIsGivenUpAfterItsTime() {
    try (var supervisor = supervisor()) {
      ProcessSpec slow =
          ProcessSpec.of("slow", List.of("sleep", "600"), folder, new Readiness.Probe(() -> false))
              .withTimeouts(Duration.ofMillis(200), Duration.ofSeconds(2));

      assertThatThrownBy(() -> supervisor.startWave(List.of(slow), (p, d) -> {}))
          .isInstanceOfSatisfying(
              LocalNetworkException.class,
              failure -> assertThat(failure.code()).isEqualTo(Code.NOT_READY))
          .hasMessageContaining("slow");
    }
  }

  @Test
  void closeStopsWavesInReverseAndKillsWhatDoesNotListen() throws Exception {
    Path order = folder.resolve("order");
    String obedient = "trap 'echo %s >> " + order + "; exit 0' TERM; while :; do sleep 0.02; done";
    ManagedProcess first;
    ManagedProcess second;
    ManagedProcess deaf;
    try (var supervisor = supervisor()) {
      first = start(supervisor, shell("first", obedient.formatted("first")));
      second = start(supervisor, shell("second", obedient.formatted("second")));
      deaf = start(supervisor, shell("deaf", "trap '' TERM; while :; do sleep 0.02; done"));
    }

    assertThat(Files.readAllLines(order)).containsExactly("second", "first");
    assertThat(List.of(first, second, deaf)).noneMatch(ManagedProcess::isAlive);
    assertThat(unexpected).isNotDone();
  }

  @Test
  void killWaitsForNobody() {
    var supervisor = supervisor();
    ManagedProcess first = start(supervisor, shell("first", "while :; do sleep 0.02; done"));
    ManagedProcess deaf =
        start(supervisor, shell("deaf", "trap '' TERM; while :; do sleep 0.02; done"));

    supervisor.kill();

    assertThat(List.of(first, deaf)).noneMatch(ManagedProcess::isAlive);
    assertThat(unexpected).isNotDone();
  }

  @Test
  void killedChildIsNoSurpriseAndStartsAgain() {
    try (var supervisor = supervisor()) {
      ManagedProcess process = start(supervisor, shell("phoenix", "exec sleep 600"));
      long before = process.pid();

      process.kill9();
      assertThat(process.isAlive()).isFalse();
      process.start();
      process.awaitReady();

      assertThat(process.isAlive()).isTrue();
      assertThat(process.pid()).isNotEqualTo(before);
      assertThat(unexpected).isNotDone();
    }
  }

  @Test
  void suspendedChildStopsAllTheSame() {
    ManagedProcess process;
    try (var supervisor = supervisor()) {
      process = start(supervisor, shell("frozen", "exec sleep 600"));
      process.suspend();
    }
    assertThat(process.isAlive()).isFalse();
  }

  @Test
  void childrenEndWhenTheirSupervisorIsKilledWithoutWarning() throws Exception {
    Process parent =
        new ProcessBuilder(
                JavaCommand.java(),
                "-cp",
                JavaCommand.classPath(),
                Abandoner.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var out =
        new BufferedReader(
            new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8))) {
      ProcessHandle child = ProcessHandle.of(Long.parseLong(out.readLine())).orElseThrow();
      ProcessHandle frozen = ProcessHandle.of(Long.parseLong(out.readLine())).orElseThrow();
      assertThat(child.isAlive()).isTrue();
      CompletableFuture<ProcessHandle> ended = child.onExit();
      CompletableFuture<ProcessHandle> frozenEnded = frozen.onExit();

      parent.destroyForcibly();

      CompletableFuture.allOf(ended, frozenEnded).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } finally {
      parent.destroyForcibly();
    }
  }

  /** Starts two children, says their pids, and waits to be killed. */
  static final class Abandoner {
    private Abandoner() {}

    public static void main(String[] args) throws Exception {
      var supervisor = new Supervisor(Path.of(args[0]), report -> {});
      ManagedProcess child = start(supervisor, shell(Path.of(args[0]), "child", "exec sleep 600"));
      ManagedProcess frozen =
          start(supervisor, shell(Path.of(args[0]), "frozen", "exec sleep 600"));
      frozen.suspend();
      System.out.println(child.pid());
      System.out.println(frozen.pid());
      Thread.sleep(Duration.ofMinutes(5));
    }
  }

  private Supervisor supervisor() {
    return new Supervisor(folder.resolve("logs"), unexpected::complete);
  }

  private ProcessSpec shell(String name, String script) {
    return shell(folder, name, script);
  }

  private static ProcessSpec shell(Path folder, String name, String script) {
    Path ready = folder.resolve(name + ".ready");
    String announcing =
        script.startsWith("exec ")
            ? ": > " + ready + "; " + script
            : script.replaceFirst("(?s)while|until", ": > " + ready + "; $0");
    return ProcessSpec.of(
            name,
            List.of("sh", "-c", announcing),
            folder,
            new Readiness.Probe(() -> Files.exists(ready)))
        .withTimeouts(Duration.ofSeconds(20), Duration.ofSeconds(1));
  }

  private static ManagedProcess start(Supervisor supervisor, ProcessSpec spec) {
    return supervisor.startWave(List.of(spec), (process, took) -> {}).getFirst();
  }
}
