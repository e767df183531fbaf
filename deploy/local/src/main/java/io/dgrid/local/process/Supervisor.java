package io.dgrid.local.process;

import io.dgrid.local.LocalNetworkException;
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
   * Starts all and waits until all are ready.
   *
   * @param onReady told about each process when it is ready, with the time it took; may be called
   *     concurrently
   * @throws LocalNetworkException of the first that fails; the others keep running until {@link
   *     #close()}
   */
  public List<ManagedProcess> startWave(
      List<ProcessSpec> specs, BiConsumer<ManagedProcess, Duration> onReady) {
    List<ManagedProcess> wave = new CopyOnWriteArrayList<>();
    synchronized (this) {
      if (closed) {
        throw new IllegalStateException("the network is stopping");
      }
      waves.add(wave);
      for (ProcessSpec spec : specs) {
        var process = new ManagedProcess(spec, logs, guard, onUnexpectedExit);
        wave.add(process);
        process.start();
      }
    }
    long begin = System.nanoTime();
    Parallel.forEach(
        wave,
        process -> {
          process.awaitReady();
          onReady.accept(process, Duration.ofNanos(System.nanoTime() - begin));
        });
    return List.copyOf(wave);
  }

  /** Every process ever started here, in start order. */
  public List<ManagedProcess> processes() {
    return waves.stream().flatMap(List::stream).toList();
  }

  /** Stops everything, last wave first; returns when nothing runs. Safe to call twice. */
  @Override
  public void close() {
    stopAll();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is shutting down already: the hook has its own turn and finds nothing to do.
    }
  }

  private synchronized void stopAll() {
    if (closed) {
      return;
    }
    closed = true;
    for (List<ManagedProcess> wave : new ArrayList<>(waves).reversed()) {
      try {
        Parallel.forEach(wave, ManagedProcess::stop);
      } catch (RuntimeException e) {
        // Nothing may keep the remaining waves from being stopped.
        wave.forEach(ManagedProcess::kill9);
      }
    }
    guard.close();
  }
}
