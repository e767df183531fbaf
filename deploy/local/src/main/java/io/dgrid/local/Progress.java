package io.dgrid.local;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** One line per thing that got done, so that nobody waits in silence. */
public final class Progress {
  private final PrintStream out;

  public Progress(PrintStream out) {
    this.out = out;
  }

  void done(String what, Duration took) {
    line("start", String.format(Locale.ROOT, "%s ready in %.1f s", what, took.toMillis() / 1000.0));
  }

  void line(String phase, String text) {
    out.println(String.format(Locale.ROOT, "%-8s %s", phase, text));
  }
}
