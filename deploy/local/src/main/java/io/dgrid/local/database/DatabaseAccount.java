package io.dgrid.local.database;

import io.dgrid.local.LocalNetworkException;
import io.dgrid.local.LocalNetworkException.Code;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * PostgreSQL refuses to run as root. For root this finds a way to run it with less: a user
 * namespace without a mapped root (files stay owned by the caller), else the account {@code nobody}
 * (files are handed to it).
 */
enum DatabaseAccount {
  /** The caller's own account; not root. */
  CALLER(List.of()),
  /** Root seen as an unprivileged account inside a user namespace. */
  NAMESPACE(List.of("unshare", "-U", "--")),
  /** The system's account without rights. */
  NOBODY(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"));

  private final List<String> prefix;

  DatabaseAccount(List<String> prefix) {
    this.prefix = prefix;
  }

  static DatabaseAccount choose() {
    if (!output(List.of("id", "-u")).equals("0")) {
      return CALLER;
    }
    for (DatabaseAccount account : List.of(NAMESPACE, NOBODY)) {
      String seenAs = output(account.command(List.of("id", "-u")));
      if (!seenAs.isEmpty() && !seenAs.equals("0")) {
        return account;
      }
    }
    throw new LocalNetworkException(
        Code.MISSING,
        "PostgreSQL cannot run as root and neither 'unshare -U' nor 'setpriv' works here: run as another user"
            + " or install util-linux");
  }

  List<String> command(List<String> command) {
    return Stream.concat(prefix.stream(), command.stream()).toList();
  }

  /**
   * Gives {@code folder} to the account the database runs as; nothing to do where that is the
   * caller.
   */
  void handOver(Path folder) {
    if (this == NOBODY) {
      output(List.of("chown", "-R", "65534:65534", folder.toString()));
    }
  }

  private static String output(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(Redirect.from(new java.io.File("/dev/null")))
              .redirectError(Redirect.DISCARD)
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0
          ? output.strip()
          : "";
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
