package io.dgrid.benchmarks.load;

import io.dgrid.local.NetworkFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Processor time that processes have used so far, with the children they have and had (a database
 * has one per connection), from Linux's {@code /proc/PID/stat}. Exact to 10 ms per process. What
 * the JVMs' compilers take is told apart: it goes down to nothing with time, not with jobs.
 */
final class Cpu {
  /** {@code sysconf(_SC_CLK_TCK)} on every Linux that Java runs on. */
  private static final double MICROS_PER_TICK = 1e6 / 100;

  /** The compilers of all JVMs together, beside the processes. */
  static final String COMPILERS = "compilers of all JVMs";

  /** As HotSpot calls them, cut by Linux to 15 characters. */
  private static final Pattern COMPILER = Pattern.compile("C[12] CompilerThre.*");

  private static final Path PROCESSES = Path.of("/proc");

  private Cpu() {}

  private record Stat(long parent, double micros) {}

  /** Process name to microseconds of user and system time. */
  static Map<String, Double> of(List<NetworkFile.Member> processes) {
    Map<Long, Stat> all = all();
    Map<Long, List<Long>> children = new HashMap<>();
    all.forEach((pid, s) -> children.computeIfAbsent(s.parent(), p -> new ArrayList<>()).add(pid));
    // A process of its own is nobody's child here: this program starts most of them.
    Set<Long> own = processes.stream().map(NetworkFile.Member::pid).collect(Collectors.toSet());
    Map<String, Double> micros = new LinkedHashMap<>();
    double compilers = 0;
    for (NetworkFile.Member process : processes) {
      double sum = 0;
      Deque<Long> tree = new ArrayDeque<>(List.of(process.pid()));
      while (!tree.isEmpty()) {
        long pid = tree.pop();
        Stat stat = all.get(pid);
        sum += stat == null ? 0 : stat.micros();
        children.getOrDefault(pid, List.of()).stream()
            .filter(child -> !own.contains(child))
            .forEach(tree::add);
      }
      double compiling = compiling(process.pid());
      compilers += compiling;
      micros.put(process.name(), sum - compiling);
    }
    micros.put(COMPILERS, compilers);
    return micros;
  }

  /** Of a JVM's compiler threads; they start and end, but rarely. */
  private static double compiling(long pid) {
    double sum = 0;
    try (var threads = Files.newDirectoryStream(PROCESSES.resolve(pid + "/task"))) {
      for (Path thread : threads) {
        if (COMPILER.matcher(Files.readString(thread.resolve("comm")).strip()).matches()) {
          sum += stat(Files.readString(thread.resolve("stat"))).micros();
        }
      }
    } catch (NoSuchFileException ended) {
      // Between the listing and the look.
    } catch (IOException unreadable) {
      throw new java.io.UncheckedIOException(unreadable);
    }
    return sum;
  }

  private static Map<Long, Stat> all() {
    Map<Long, Stat> all = new HashMap<>();
    try (var entries = Files.newDirectoryStream(PROCESSES, "[0-9]*")) {
      for (Path entry : entries) {
        try {
          all.put(
              Long.parseLong(entry.getFileName().toString()),
              stat(Files.readString(entry.resolve("stat"))));
        } catch (NoSuchFileException ended) {
          // Between the listing and the look.
        }
      }
    } catch (IOException unreadable) {
      throw new java.io.UncheckedIOException(unreadable);
    }
    return all;
  }

  /** Fields 4 (parent) and 14 to 17 (own user and system time, that of waited-for children). */
  private static Stat stat(String line) {
    // The name in parentheses may hold spaces.
    String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
    long ticks = 0;
    for (int i = 11; i <= 14; i++) {
      ticks += Long.parseLong(fields[i]);
    }
    return new Stat(Long.parseLong(fields[1]), ticks * MICROS_PER_TICK);
  }
}
