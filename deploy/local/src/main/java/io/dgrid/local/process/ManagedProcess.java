package io.dgrid.local.process;

import io.dgrid.local.LocalNetworkException;
import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.local.process.ProcessSpec.Signal;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One child process that can be started, stopped, killed, frozen and started again the same way.
 * Its output goes to one log file, appended over restarts. An end nobody asked for is handed to the
 * owner as an {@link ExitReport}.
 */
public final class ManagedProcess {
  private static final long POLL_MILLIS = 25;

  private final ProcessSpec spec;
  private final Path log;
  private final OrphanGuard guard;
  private final Consumer<ExitReport> onUnexpectedExit;

  private @Nullable Process process;
  private boolean endExpected;

  ManagedProcess(
      ProcessSpec spec, Path logs, OrphanGuard guard, Consumer<ExitReport> onUnexpectedExit) {
    this.spec = spec;
    this.log = logs.resolve(spec.name() + ".log");
    this.guard = guard;
    this.onUnexpectedExit = onUnexpectedExit;
  }

  public String name() {
    return spec.name();
  }

  public ProcessSpec spec() {
    return spec;
  }

  public Path log() {
    return log;
  }

  /** The process id of the latest start. */
  public synchronized long pid() {
    return started().pid();
  }

  public synchronized boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** Starts the process and returns at once; {@link #awaitReady()} says when it can be used. */
  public void start() {
    start(spec.command());
  }

  /**
   * Starts a Java process with more options than it usually has; the next {@link #start()} is
   * without them.
   */
  public void startWith(List<String> jvmOptions) {
    List<String> command = new ArrayList<>(spec.command());
    // After the program itself: everything up to -jar are options of the JVM.
    command.addAll(command.indexOf("-jar"), jvmOptions);
    start(command);
  }

  private synchronized void start(List<String> command) {
    if (isAlive()) {
      throw new IllegalStateException(name() + " runs already");
    }
    spec.beforeStart().run();
    var builder = new ProcessBuilder(Detached.command(command));
    builder.environment().putAll(spec.environment());
    builder.directory(spec.directory().toFile());
    builder.redirectInput(Redirect.from(new java.io.File("/dev/null")));
    builder.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log.toFile()));
    Process fresh;
    try {
      Files.createDirectories(log.getParent());
      fresh = builder.start();
    } catch (IOException e) {
      throw new LocalNetworkException(
          Code.MISSING, "cannot start " + name() + ": " + e.getMessage(), e);
    }
    process = fresh;
    endExpected = false;
    guard.add(fresh.pid());
    fresh.onExit().thenAccept(this::ended);
  }

  /**
   * Waits until the process is ready.
   *
   * @throws LocalNetworkException {@code PROCESS_DIED} with the end of its log, or {@code
   *     NOT_READY} when it takes longer than its start timeout
   */
  public void awaitReady() {
    Process current;
    synchronized (this) {
      current = started();
    }
    long deadline = System.nanoTime() + spec.startTimeout().toNanos();
    while (!spec.readiness().holds()) {
      if (!current.isAlive()) {
        throw died(current);
      }
      if (System.nanoTime() > deadline) {
        throw new LocalNetworkException(
            Code.NOT_READY,
            name() + " was not ready after " + spec.startTimeout().toSeconds() + " s; see " + log);
      }
      pause();
    }
    // A stranger on the port must not pass for the process that just failed to bind it.
    if (!current.isAlive()) {
      throw died(current);
    }
  }

  /**
   * Asks the process to stop and kills it when it does not within its stop timeout; returns when it
   * is gone.
   */
  public void stop() {
    Process current = expectEnd();
    if (current == null) {
      return;
    }
    signal(current, spec.stopSignal());
    signal(current, Signal.CONT);
    if (!waitFor(current, spec.stopTimeout())) {
      current.destroyForcibly();
      waitFor(current, Duration.ofSeconds(10));
    }
    guard.drop(current.pid());
  }

  /** Ends the process as a crash of the machine would; returns when it is gone. */
  public void kill9() {
    Process current = expectEnd();
    if (current != null) {
      current.destroyForcibly();
      waitFor(current, Duration.ofSeconds(10));
      guard.drop(current.pid());
    }
  }

  /** Freezes the process (SIGSTOP): it keeps its connections and answers nothing. */
  public synchronized void suspend() {
    signal(started(), Signal.STOP);
  }

  /** Undoes {@link #suspend()}. */
  public synchronized void resume() {
    signal(started(), Signal.CONT);
  }

  /** Lets the suspended process run for some milliseconds: the same shell says both. */
  public synchronized void step() {
    long pid = started().pid();
    shell("kill -%s %d; sleep 0.005; kill -%s %d".formatted(Signal.CONT, pid, Signal.STOP, pid));
  }

  /** Its name and the last lines of its log. */
  public String tail() {
    return name() + System.lineSeparator() + String.join(System.lineSeparator(), LogTail.of(log));
  }

  private synchronized @Nullable Process expectEnd() {
    endExpected = true;
    return process != null && process.isAlive() ? process : null;
  }

  private Process started() {
    if (process == null) {
      throw new IllegalStateException(name() + " was never started");
    }
    return process;
  }

  private void ended(Process ended) {
    boolean expected;
    synchronized (this) {
      expected = endExpected || process != ended;
    }
    guard.drop(ended.pid());
    if (!expected) {
      onUnexpectedExit.accept(report(ended));
    }
  }

  private synchronized LocalNetworkException died(Process ended) {
    if (endExpected) {
      return new LocalNetworkException(Code.NOT_READY, name() + " was stopped while it started");
    }
    return new LocalNetworkException(Code.PROCESS_DIED, report(ended).describe());
  }

  private ExitReport report(Process ended) {
    return new ExitReport(name(), ended.pid(), ended.exitValue(), log, LogTail.of(log));
  }

  private void signal(Process target, Signal signal) {
    shell("kill -%s %d".formatted(signal, target.pid()));
  }

  /** The shell has a kill of its own: the program of that name is not on every machine. */
  private void shell(String command) {
    try {
      new ProcessBuilder("sh", "-c", command)
          .redirectErrorStream(true)
          .redirectOutput(Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new LocalNetworkException(
          Code.MISSING, "cannot signal " + name() + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean waitFor(Process process, Duration atMost) {
    try {
      return process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void pause() {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalNetworkException(Code.NOT_READY, "interrupted while waiting for " + name(), e);
    }
  }
}
