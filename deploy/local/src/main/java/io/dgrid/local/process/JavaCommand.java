package io.dgrid.local.process;

import java.nio.file.Path;
import java.util.List;

/** Starts of Java command lines with the JDK this JVM runs on. */
public final class JavaCommand {
  private JavaCommand() {}

  /** A JVM that starts fast and stays small: serial collector, first compiler tier only. */
  public static List<String> small(int heapMegabytes) {
    return List.of(
        java(),
        "-Xmx" + heapMegabytes + "m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        "-XX:+ExitOnOutOfMemoryError",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow");
  }

  /** A JVM that stays small and still optimises hot code, for processes that compute. */
  public static List<String> computing(int heapMegabytes) {
    return List.of(
        java(),
        "-Xmx" + heapMegabytes + "m",
        "-XX:+UseSerialGC",
        "-Xshare:auto",
        "-XX:+ExitOnOutOfMemoryError",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow");
  }

  public static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** What this JVM was started with. */
  public static String classPath() {
    // Surefire hides the real one behind a jar with a manifest.
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }
}
