package io.dgrid.local.process;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Ends the children when this JVM is gone without having stopped them (kill -9, out of memory).
 *
 * <p>One small shell reads from a pipe which processes live. The pipe closes with the JVM, however
 * that ends; the shell then sends SIGTERM to what is left and SIGKILL ten seconds later. It works
 * on every Unix and, unlike a parent-death signal, does not depend on which thread started the
 * child.
 */
final class OrphanGuard implements AutoCloseable {
  private static final String SCRIPT =
      """
      trap '' INT TERM HUP
      alive=' '
      while read -r change pid; do
        case $change in
          add) alive="$alive$pid " ;;
          drop) case $alive in *" $pid "*) alive="${alive%%" $pid "*} ${alive#*" $pid "}" ;; esac ;;
        esac
      done
      [ -n "${alive# }" ] || exit 0
      # A suspended process would keep the signal pending for ever.
      kill -TERM $alive 2>/dev/null; kill -CONT $alive 2>/dev/null
      left=100
      while [ $left -gt 0 ]; do
        running=
        for pid in $alive; do kill -0 "$pid" 2>/dev/null && running=yes; done
        [ -n "$running" ] || exit 0
        sleep 0.1
        left=$((left - 1))
      done
      kill -KILL $alive 2>/dev/null
      """;

  private final Process shell;
  private final OutputStream pipe;
  private boolean closed;

  OrphanGuard() {
    try {
      shell =
          new ProcessBuilder(Detached.command(List.of("sh", "-c", SCRIPT)))
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start the shell that guards against orphans", e);
    }
    pipe = shell.getOutputStream();
  }

  void add(long pid) {
    tell("add " + pid);
  }

  void drop(long pid) {
    tell("drop " + pid);
  }

  private synchronized void tell(String line) {
    if (closed) {
      return;
    }
    try {
      pipe.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      pipe.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the shell that guards against orphans is gone", e);
    }
  }

  /** Call when no child is left; the shell ends by itself. */
  @Override
  public synchronized void close() {
    closed = true;
    try {
      pipe.close();
    } catch (IOException e) {
      shell.destroyForcibly();
    }
  }
}
