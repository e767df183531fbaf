package io.dgrid.local.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Everything needed to start one child process, and to start it again the same way.
 *
 * @param name also the name of its log file; letters, digits and {@code -}
 * @param command program and arguments
 * @param environment added to the environment this JVM has
 * @param directory working directory
 * @param readiness tells when it can be used
 * @param startTimeout from the start of the process to readiness, at most
 * @param stopTimeout from SIGTERM to SIGKILL
 * @param beforeStart runs before each start, to clear what a crash left behind
 * @param stopSignal what asks it to stop in an orderly way; TERM for most, INT for PostgreSQL's
 *     fast shutdown
 */
public record ProcessSpec(
    String name,
    List<String> command,
    Map<String, String> environment,
    Path directory,
    Readiness readiness,
    Duration startTimeout,
    Duration stopTimeout,
    Signal stopSignal,
    Runnable beforeStart) {

  /** The signals this package sends. */
  public enum Signal {
    TERM,
    INT,
    KILL,
    STOP,
    CONT
  }

  public ProcessSpec {
    if (!name.matches("[a-z0-9][a-z0-9-]*")) {
      throw new IllegalArgumentException("process name: " + name);
    }
    if (command.isEmpty()) {
      throw new IllegalArgumentException("no command for " + name);
    }
    if (!startTimeout.isPositive() || !stopTimeout.isPositive()) {
      throw new IllegalArgumentException("timeouts of " + name + " must be positive");
    }
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }

  /** A process with 60 s to become ready and 10 s to stop after SIGTERM. */
  public static ProcessSpec of(
      String name, List<String> command, Path directory, Readiness readiness) {
    return new ProcessSpec(
        name,
        command,
        Map.of(),
        directory,
        readiness,
        Duration.ofSeconds(60),
        Duration.ofSeconds(10),
        Signal.TERM,
        () -> {});
  }

  public ProcessSpec withEnvironment(Map<String, String> added) {
    return new ProcessSpec(
        name,
        command,
        added,
        directory,
        readiness,
        startTimeout,
        stopTimeout,
        stopSignal,
        beforeStart);
  }

  public ProcessSpec withTimeouts(Duration start, Duration stop) {
    return new ProcessSpec(
        name, command, environment, directory, readiness, start, stop, stopSignal, beforeStart);
  }

  public ProcessSpec withStopSignal(Signal signal) {
    return new ProcessSpec(
        name,
        command,
        environment,
        directory,
        readiness,
        startTimeout,
        stopTimeout,
        signal,
        beforeStart);
  }

  public ProcessSpec withBeforeStart(Runnable action) {
    return new ProcessSpec(
        name,
        command,
        environment,
        directory,
        readiness,
        startTimeout,
        stopTimeout,
        stopSignal,
        action);
  }
}
