package io.dgrid.acceptance.dsl;

import io.dgrid.local.process.ExitReport;
import io.dgrid.local.process.ManagedProcess;
import io.dgrid.local.process.ProcessSpec;
import io.dgrid.local.process.Supervisor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A process with other settings in the place of a good one; closing it brings the good one back.
 */
public final class Substitute implements AutoCloseable {
  private final Part good;
  private final Supervisor supervisor;
  private final ManagedProcess process;
  private final AtomicReference<ExitReport> end;

  private Substitute(
      Part good, Supervisor supervisor, ManagedProcess process, AtomicReference<ExitReport> end) {
    this.good = good;
    this.supervisor = supervisor;
    this.process = process;
    this.end = end;
  }

  /** Starts it without waiting for it: it may be one that never gets ready. */
  static Substitute of(Part good, String name, Map<String, String> changed, Path logs) {
    good.leaves();
    AtomicReference<ExitReport> end = new AtomicReference<>();
    Supervisor supervisor = new Supervisor(logs, end::set);
    List<ManagedProcess> started =
        supervisor.launch(List.of(with(name, good.process().spec(), changed)));
    return new Substitute(good, supervisor, started.getFirst(), end);
  }

  private static ProcessSpec with(String name, ProcessSpec spec, Map<String, String> changed) {
    List<String> command = new ArrayList<>(spec.command());
    command.removeIf(
        argument -> changed.keySet().stream().anyMatch(k -> argument.startsWith("-D" + k + "=")));
    // After the program itself: everything up to -jar are options of the JVM.
    changed.forEach((key, value) -> command.add(command.indexOf("-jar"), "-D" + key + "=" + value));
    return ProcessSpec.of(name, command, spec.directory(), spec.readiness())
        .withTimeouts(spec.startTimeout(), spec.stopTimeout());
  }

  void waitUntilReady() {
    supervisor.awaitReady(List.of(process), (ready, took) -> {});
  }

  /** Its exit code, once it has ended by itself. */
  public int waitUntilItExits() {
    return Eventually.comes("end of " + process.name(), () -> Optional.ofNullable(end.get()))
        .exitCode();
  }

  /** The lines of its log that hold a text, once there is one. */
  public List<String> waitUntilItSays(String text) {
    return Eventually.comes(
        "line with '" + text + "' in the log of " + process.name(),
        () -> Optional.of(says(text)).filter(lines -> !lines.isEmpty()));
  }

  /** The lines of its log that hold a text. */
  public List<String> says(String text) {
    try {
      return Files.readAllLines(process.log()).stream().filter(l -> l.contains(text)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Health health() {
    return Health.of(process);
  }

  @Override
  public void close() {
    supervisor.close();
    good.startsAgain();
  }
}
