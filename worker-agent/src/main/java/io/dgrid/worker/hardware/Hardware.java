package io.dgrid.worker.hardware;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Self-reported hardware as one line. What is not known is absent, never zero. */
public final class Hardware {
  static final int MAX_LENGTH = 256;

  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final List<String> GPU_QUERY =
      List.of("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader");

  private Hardware() {}

  /** Asks the machine; takes at most as long as {@code patience} for the GPU driver. */
  public static String describe(Duration patience) {
    List<String> parts = new ArrayList<>();
    parts.add(System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    cpu(CPU_INFO).ifPresent(parts::add);
    parts.add(Runtime.getRuntime().availableProcessors() + " cores");
    parts.addAll(gpus(GPU_QUERY, patience));
    String line = String.join("; ", parts);
    return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH);
  }

  static Optional<String> cpu(Path cpuInfo) {
    if (!Files.isReadable(cpuInfo)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(cpuInfo, StandardCharsets.UTF_8)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .filter(name -> !name.isEmpty())
          .findFirst();
    } catch (IOException | java.io.UncheckedIOException unreadable) {
      return Optional.empty();
    }
  }

  /** One entry per GPU the driver names; none without a driver. */
  static List<String> gpus(List<String> command, Duration patience) {
    Process query;
    try {
      query = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException noDriver) {
      return List.of();
    }
    try {
      query.getOutputStream().close();
      if (!query.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS) || query.exitValue() != 0) {
        return List.of();
      }
      byte[] answer = query.getInputStream().readNBytes(4096);
      return new String(answer, StandardCharsets.UTF_8)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .toList();
    } catch (IOException broken) {
      return List.of();
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      return List.of();
    } finally {
      query.destroyForcibly();
    }
  }
}
