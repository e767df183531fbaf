package io.dgrid.local.process;

import java.nio.file.Path;
import java.util.List;

/**
 * A child process that ended although nobody asked it to.
 *
 * @param exitCode as the system reports it; 128 + n for a process ended by signal n
 * @param logTail the last lines of its log, at most {@value LogTail#LINES}
 */
public record ExitReport(String name, long pid, int exitCode, Path log, List<String> logTail) {
  public ExitReport {
    logTail = List.copyOf(logTail);
  }

  /** Several lines for a person: what died, how, and what it said last. */
  public String describe() {
    var text = new StringBuilder();
    text.append(name)
        .append(" (pid ")
        .append(pid)
        .append(") ended with exit code ")
        .append(exitCode);
    if (exitCode > 128 && exitCode < 160) {
      text.append(", signal ").append(exitCode - 128);
    }
    text.append("; end of ").append(log).append(":");
    if (logTail.isEmpty()) {
      text.append(System.lineSeparator()).append("  | (empty)");
    }
    for (String line : logTail) {
      text.append(System.lineSeparator()).append("  | ").append(line);
    }
    return text.toString();
  }
}
