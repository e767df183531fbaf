package io.dgrid.acceptance.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Room for a process's files: a soft limit on how long a file may get, which needs no rights. At 0
 * every write to a file fails (EFBIG), as it does on a full disk (ENOSPC); what is open or there
 * stays readable.
 */
final class FileRoom {
  private static final Path PROGRAM = Path.of("/usr/bin/prlimit");

  private FileRoom() {}

  static boolean canBeTaken() {
    return Files.isExecutable(PROGRAM);
  }

  static void take(long pid) {
    limit(pid, "0:");
  }

  static void giveBack(long pid) {
    limit(pid, "unlimited:");
  }

  /** A process that has just ended needs no limit. */
  private static void limit(long pid, String soft) {
    List<String> command =
        List.of(PROGRAM.toString(), "--pid", Long.toString(pid), "--fsize=" + soft);
    try {
      Process limiting = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(limiting.getInputStream().readAllBytes());
      if (limiting.waitFor() != 0 && ProcessHandle.of(pid).isPresent()) {
        throw new AssertionError(command + ": " + said);
      }
    } catch (IOException e) {
      throw new AssertionError(command + ": " + e.getMessage(), e);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted");
    }
  }
}
