package io.dgrid.local.process;

import java.io.File;
import java.util.ArrayList;
import java.util.List;

/**
 * Wraps a command so that Ctrl-C in the terminal does not reach it: the terminal signals its whole
 * process group, and children that stop on their own account stop in the wrong order and look like
 * crashes.
 */
final class Detached {
  private static final boolean HAS_SETSID = onPath("setsid");

  private Detached() {}

  static List<String> command(List<String> command) {
    List<String> wrapped = new ArrayList<>();
    if (HAS_SETSID) {
      wrapped.add("setsid");
    } else {
      // macOS: an ignored signal stays ignored across exec.
      wrapped.addAll(List.of("sh", "-c", "trap '' INT; exec \"$@\"", "sh"));
    }
    wrapped.addAll(command);
    return wrapped;
  }

  private static boolean onPath(String program) {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(File.pathSeparator)) {
      if (new File(folder, program).canExecute()) {
        return true;
      }
    }
    return false;
  }
}
