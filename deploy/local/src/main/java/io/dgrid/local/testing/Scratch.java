package io.dgrid.local.testing;

import io.dgrid.local.process.ExitReport;
import io.dgrid.local.process.Supervisor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A temporary folder with a supervisor in it; both gone after {@link #close()}. */
final class Scratch implements AutoCloseable {
  private final Path folder;
  private final Supervisor supervisor;

  Scratch(String name) {
    try {
      folder = Files.createTempDirectory("dgrid-" + name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    supervisor = new Supervisor(folder.resolve("logs"), Scratch::warn);
  }

  /** Runs a start; when that fails, nothing of it stays. */
  <T> T orClose(Supplier<T> start) {
    try {
      return start.get();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  Path folder() {
    return folder;
  }

  Supervisor supervisor() {
    return supervisor;
  }

  private static void warn(ExitReport report) {
    System.err.println(report.describe());
  }

  @Override
  public void close() {
    supervisor.close();
    deleteTree(folder);
  }

  static void deleteTree(Path folder) {
    List<Path> found;
    try (Stream<Path> paths = Files.walk(folder)) {
      found = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : found) {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException e) {
      // Already gone.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
