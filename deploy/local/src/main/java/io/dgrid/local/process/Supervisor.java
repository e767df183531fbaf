package io.dgrid.local.process;

import io.dgrid.local.LocalNetworkException;
import io.dgrid.local.LocalNetworkException.Code;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Owns child processes in waves: a wave starts in parallel when the wave before it is ready, and
 * waves stop in reverse. Whatever happens to this JVM, no child outlives it.
 */
public final class Supervisor implements AutoCloseable {
  private final Path logs;
  private final Consumer<ExitReport> onUnexpectedExit;
  private final OrphanGuard guard = new OrphanGuard();
  private final List<List<ManagedProcess>> waves = new CopyOnWriteArrayList<>();
  private final Thread hook = new Thread(this::stopAll, "stop-children");
  private boolean closed;

  /**
   * @param logs folder for one log file per process
   * @param onUnexpectedExit called on another thread for each child that ends unasked
   */
  public Supervisor(Path logs, Consumer<ExitReport> onUnexpectedExit) {
    this.logs = logs;
    this.onUnexpectedExit = onUnexpectedExit;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /**
   * Starts all of a wave and waits until they are ready, see {@link #launch} and {@link
   * #awaitReady}.
   */
  public List<ManagedProcess> startWave(
      List<ProcessSpec> specs, BiConsumer<ManagedProcess, Duration> onReady) {
    List<ManagedProcess> wave = launch(specs);
    awaitReady(wave, onReady);
    return wave;
  }

  /** Starts all as the next wave and returns at once. May be called from several threads. */
  public synchronized List<ManagedProcess> launch(List<ProcessSpec> specs) {
    if (closed) {
      throw new LocalNetworkException(Code.NOT_READY, "the network is stopping");
    }
    List<ManagedProcess> wave = new CopyOnWriteArrayList<>();
    waves.add(wave);
    for (ProcessSpec spec : specs) {
      var process = new ManagedProcess(spec, logs, guard, onUnexpectedExit);
      wave.add(process);
      process.start();
    }
    return List.copyOf(wave);
  }

  /**
   * Waits until all are ready.
   *
   * @param onReady told about each process when it is ready, with the time since this call;
   *     concurrently
   * @throws LocalNetworkException of the first that fails, at once; the others keep running until
   *     {@link #close()}
   */
  public void awaitReady(
      List<ManagedProcess> processes, BiConsumer<ManagedProcess, Duration> onReady) {
    long begin = System.nanoTime();
    Parallel.forEach(
        processes,
        process -> {
          process.awaitReady();
          onReady.accept(process, Duration.ofNanos(System.nanoTime() - begin));
        });
  }

  /** Every process ever started here, in start order. */
  public List<ManagedProcess> processes() {
    return waves.stream().flatMap(List::stream).toList();
  }

  /** Stops everything, last wave first; returns when nothing runs. Safe to call twice. */
  @Override
  public void close() {
    stopAll();
    forgetHook();
  }

  /** Ends everything at once, as a crash of the machine would; returns when nothing runs. */
  public void kill() {
    endAll(ManagedProcess::kill9);
    forgetHook();
  }

  private void forgetHook() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is shutting down already: the hook has its own turn and finds nothing to do.
    }
  }

  private void stopAll() {
    endAll(ManagedProcess::stop);
  }

  private synchronized void endAll(Consumer<ManagedProcess> how) {
    if (closed) {
      return;
    }
    closed = true;
    for (List<ManagedProcess> wave : new ArrayList<>(waves).reversed()) {
      try {
        Parallel.forEach(wave, how);
      } catch (RuntimeException e) {
        // Nothing may keep the remaining waves from being stopped.
        wave.forEach(ManagedProcess::kill9);
      }
    }
    guard.close();
  }
}
