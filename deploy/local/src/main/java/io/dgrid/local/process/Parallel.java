package io.dgrid.local.process;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs one action for each element at the same time. */
public final class Parallel {
  private Parallel() {}

  /**
   * Returns when all have ended. The first failure in time interrupts the others, which may wait
   * for something that can no longer happen, and is thrown when they have ended.
   */
  public static <T> void forEach(List<T> elements, Consumer<T> action) {
    @Nullable RuntimeException failure = null;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ExecutorCompletionService<Void>(threads);
      for (T element : elements) {
        running.submit(() -> action.accept(element), null);
      }
      for (int i = 0; i < elements.size(); i++) {
        try {
          running.take().get();
        } catch (ExecutionException e) {
          if (failure == null) {
            failure = unwrapped(e);
            threads.shutdownNow();
          }
        } catch (InterruptedException e) {
          threads.shutdownNow();
          Thread.currentThread().interrupt();
          break;
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static RuntimeException unwrapped(ExecutionException e) {
    return e.getCause() instanceof RuntimeException known
        ? known
        : new IllegalStateException(e.getCause());
  }
}
