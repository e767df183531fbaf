package io.dgrid.benchmarks.load;

import io.dgrid.local.NetworkFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Processor time that processes have used so far, from Linux's {@code /proc/PID/stat}. */
final class Cpu {
  /** {@code sysconf(_SC_CLK_TCK)} on every Linux that Java runs on. */
  private static final double MICROS_PER_TICK = 1e6 / 100;

  private Cpu() {}

  /** Process name to microseconds of user and system time. */
  static Map<String, Double> of(List<NetworkFile.Member> processes) {
    Map<String, Double> micros = new LinkedHashMap<>();
    processes.forEach(process -> micros.put(process.name(), of(process.pid())));
    return micros;
  }

  static double of(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      // The name in parentheses may hold spaces; utime and stime are fields 14 and 15.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MICROS_PER_TICK;
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }
}
